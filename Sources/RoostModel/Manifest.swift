/// Manifest beside each data directory, so that the databases outlive the store: `roost recover` reads it.
package struct Manifest: Codable, Equatable, Sendable {
    package static let currentFormat = 2

    package let format: Int
    package let application: Application
    /// The service, with its secrets sealed by the home's key.
    package let service: Service
    package let index: Int
    /// The highest epoch that the instance confirmed to be fenced below, if it is beyond its service's; else nil.
    package let fence: UInt64?

    package init(application: Application, service: Service, index: Int, fence: UInt64 = 0) {
        self.fence = fence > service.epoch ? fence : nil
        format = Self.currentFormat
        self.application = application
        self.service = service
        self.index = index
    }

    private enum CodingKeys: String, CodingKey { case format, application, service, spec, status, index, fence }

    /// Reads format 1 as well, in which a service was one document. Of a newer format only `format` is read, and the
    /// error names it.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        format = try fields.decode(Int.self, forKey: .format)
        guard format <= Self.currentFormat else {
            throw DecodingError.dataCorruptedError(
                forKey: .format, in: fields, debugDescription: "it was written by a newer Roost (format \(format))")
        }
        application = try fields.decode(Application.self, forKey: .application)
        index = try fields.decode(Int.self, forKey: .index)
        fence = try fields.decodeIfPresent(UInt64.self, forKey: .fence)
        service =
            format == 1
            ? try fields.decode(ServiceBeforeSpec.self, forKey: .service).service
            : Service(
                spec: try fields.decode(ServiceSpec.self, forKey: .spec),
                status: try fields.decode(ServiceStatus.self, forKey: .status))
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        // The current format is written, whatever format was read.
        try fields.encode(Self.currentFormat, forKey: .format)
        try fields.encode(application, forKey: .application)
        try fields.encode(service.spec, forKey: .spec)
        try fields.encode(service.status, forKey: .status)
        try fields.encode(index, forKey: .index)
        try fields.encodeIfPresent(fence, forKey: .fence)
    }
}
