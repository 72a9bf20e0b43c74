import CHost
import Glibc
import RoostModel

/// An open loop device of a whole image. The device stays bound for as long as it is open or mounted.
struct LoopDevice: ~Copyable {
    let number: Int32
    private let file: OpenFile

    var path: String { Self.path(number) }

    /// The device that `image` is bound to; nil if there is none.
    static func bound(to image: borrowing OpenFile) throws(HostError) -> LoopDevice? {
        let wanted = try image.status().raw
        for number in try boundNumbers() {
            let descriptor = open(path(number), O_RDONLY | O_CLOEXEC)
            // A device of another process, which was unbound just now.
            if descriptor < 0 && [ENXIO, ENOENT, ENODEV].contains(errno) { continue }
            guard descriptor >= 0 else { throw .last("open", path(number)) }
            let device = LoopDevice(number: number, file: OpenFile(descriptor: descriptor, path: path(number)))
            var status = chost_loop_status()
            guard chost_loop_look(descriptor, &status) == 0 else {
                if errno == ENXIO { continue }
                throw .last("inspect", device.path)
            }
            guard status.device == UInt64(wanted.st_dev), status.inode == UInt64(wanted.st_ino) else { continue }
            guard status.whole else { throw .pool(.boundOtherwise(image: image.path, device: device.path)) }
            return device
        }
        return nil
    }

    /// Binds `image`, which is open for writing and bound to no device, to a free device.
    static func binding(_ image: borrowing OpenFile) throws(HostError) -> LoopDevice {
        // The free device may be taken by another process first. 32 failures in a row must have another cause.
        for _ in 1...32 {
            let number = chost_loop_free()
            guard number >= 0 else { throw .last("get a loop device from", "/dev/loop-control") }
            let descriptor = open(path(number), O_RDWR | O_CLOEXEC)
            if descriptor < 0 && [EBUSY, ENXIO].contains(errno) { continue }
            guard descriptor >= 0 else { throw .last("open", path(number)) }
            let writable = OpenFile(descriptor: descriptor, path: path(number))
            if chost_loop_bind(descriptor, image.descriptor, image.path) != 0 {
                if errno == EBUSY { continue }
                throw .last("bind \(image.path) to", writable.path)
            }
            // Keep a read-only descriptor: some kernels do not mount a device that is open for writing elsewhere.
            let kept = open(path(number), O_RDONLY | O_CLOEXEC)
            guard kept >= 0 else { throw .last("open", path(number)) }
            // Close the writable descriptor only now: the device is unbound when its last descriptor is closed.
            _ = consume writable
            return LoopDevice(number: number, file: OpenFile(descriptor: kept, path: path(number)))
        }
        throw .file(path: "/dev/loop-control", operation: "get a loop device from", errno: EBUSY)
    }

    func size() throws(HostError) -> ByteCount {
        var bytes: UInt64 = 0
        guard chost_device_size(file.descriptor, &bytes) == 0 else { throw .last("inspect", path) }
        return ByteCount(bytes: Int64(bytes))
    }

    /// Resizes the device to the current size of its image.
    func resize() throws(HostError) {
        guard chost_loop_resize(file.descriptor) == 0 else { throw .last("resize", path) }
    }

    /// Disables discards on the device. fstrim, which a timer runs on every machine, would punch holes into a fully
    /// allocated image, and the disk could fill up before the pool does.
    func refuseDiscards() throws(HostError) {
        let setting = "/sys/block/loop\(number)/queue/discard_max_bytes"
        guard TextFile.write("0", to: setting) else { throw .last("write to", setting) }
        guard TextFile.read(setting) == "0\n" else { throw .pool(.discardsStay(device: path)) }
    }

    /// Whether the file system of `mount` is on this device.
    func carries(_ mount: Mount) throws(HostError) -> Bool {
        let number = "/sys/block/loop\(number)/dev"
        guard let text = TextFile.read(number) else { throw .last("read", number) }
        return text == mount.device + "\n"
    }

    /// Closes the device and renews the loop device of its number. Without that, current kernels keep discards
    /// disabled for the next user of the device. Blocks for up to half a second while another process has the device
    /// open.
    consuming func retire() {
        let number = number
        _ = consume self
        // A device that is in use again, or that is kept open for longer, is left as it is.
        _ = chost_loop_renew(number)
    }

    private static func path(_ number: Int32) -> String { "/dev/loop\(number)" }

    /// Numbers of all bound loop devices, in ascending order.
    private static func boundNumbers() throws(HostError) -> [Int32] {
        let blocks = try Folder(following: "/sys/block")
        return try blocks.names().map(\.text)
            .filter { $0.hasPrefix("loop") && access("/sys/block/\($0)/loop/backing_file", F_OK) == 0 }
            .compactMap { Int32($0.dropFirst(4)) }
            .sorted()
    }
}
