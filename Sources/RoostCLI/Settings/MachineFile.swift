import Foundation
import RoostModel

/// The daemon's own settings file, read for the daemon's address and home.
package struct MachineFile: Equatable, Sendable {
    package static let path = "/etc/roost/roostd.yml"
    package let url: String?
    package let home: String?

    package init(url: String? = nil, home: String? = nil) {
        self.url = url
        self.home = home
    }

    package init(text: String, path: String = MachineFile.path) throws(Problem) {
        let file = try FlatFile(text, path: path, skipsNested: true)
        let value = { key in file.entries.first { $0.key == key && !$0.value.isEmpty }?.value }
        self.init(url: value("url"), home: value("home"))
    }

    /// Nil if the file does not exist or the user may not read it.
    static func read() throws(Problem) -> MachineFile? {
        let text: String
        do throws(PlainFile.Failure) { text = try PlainFile.text(path, atMost: 64 << 10) } catch {
            switch error {
            case .missing, .unreadable: return nil
            case .notRegular, .tooLarge, .notText: throw Problem(.usage, "the settings file \(path) \(error)")
            }
        }
        return try MachineFile(text: text)
    }
}
