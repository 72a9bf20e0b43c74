import Dispatch
import Glibc

/// Reports entries that are renamed into a folder, replaced or removed, by inotify.
final class FolderWatch {
    private let source: any DispatchSourceRead

    /// Nil if the machine grants no watch: each user may have a limited number. `changed` is called on a queue of its
    /// own, once for all changes since the last call.
    init?(_ folder: String, changed: @escaping @Sendable () -> Void) {
        let descriptor = inotify_init1(CInt(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0 else { return nil }
        let events = UInt32(IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF)
        guard inotify_add_watch(descriptor, folder, events) >= 0 else {
            close(descriptor)
            return nil
        }
        source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "roost-router.folder"))
        source.setEventHandler {
            // The events are discarded, because the receiver examines the folder itself: after an overflow they would
            // be incomplete.
            var buffer = [UInt8](repeating: 0, count: 4096)
            while read(descriptor, &buffer, buffer.count) > 0 {}
            changed()
        }
        source.setCancelHandler { close(descriptor) }
        source.resume()
    }

    func cancel() { source.cancel() }
}
