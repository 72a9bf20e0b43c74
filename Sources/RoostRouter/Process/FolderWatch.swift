import Dispatch
import Glibc

/// Says when a folder's entries come, go or are replaced, by events of the kernel.
final class FolderWatch {
    private let source: any DispatchSourceRead

    /// Nil where the machine gives no watch: each user may have so many. `changed` is called on a queue of its own, once for
    /// all that happened since the last time.
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
            // Which entry it was is seen by looking: an overflow says nothing of it either.
            var buffer = [UInt8](repeating: 0, count: 4096)
            while read(descriptor, &buffer, buffer.count) > 0 {}
            changed()
        }
        source.setCancelHandler { close(descriptor) }
        source.resume()
    }

    func cancel() { source.cancel() }
}
