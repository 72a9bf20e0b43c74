import Foundation
import RoostModel
import Testing

@testable import RoostHost

@Suite(
    .serialized, .timeLimit(.minutes(3)),
    .enabled(if: MountNamespace.hasXFS && access("/dev/loop-control", F_OK) == 0, "needs root, mkfs.xfs, loop devices"))
struct PoolImageTests {
    // MARK: Making

    @Test func makesAMarkedPoolThatReflinks() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            #expect(try pool.state() == .absent)
            try pool.make(size: .mebibytes(320))
            #expect(try pool.state() == .mounted)
            #expect(try names(in: home) == ["pool", "pool.img"])
            #expect(try names(in: pool.mountPoint) == [".roost-pool"])
            #expect(try Storage.detect(at: pool.mountPoint) == .reflink)
            try expectFullyAllocated(pool, .mebibytes(320))
            #expect(try #require(try FileStatus.ifPresent(pool.image)).permissions == 0o600)
            #expect(try #require(try FileStatus.ifPresent(pool.mountPoint)).permissions == 0o711)
            let options = try shell("grep ' \(pool.mountPoint) ' /proc/thread-self/mountinfo")
            for option in ["nosuid", "nodev", "noatime"] { #expect(options.contains(option)) }
            let (size, free) = try pool.space()
            #expect(size > .mebibytes(200) && size < .mebibytes(320) && free > .mebibytes(200) && free < size)
            try pool.unmount()
            #expect(try #require(try FileStatus.ifPresent(pool.mountPoint)).permissions == 0o711)
            #expect(try loopDevices(below: home).isEmpty)
        }
    }

    @Test func refusesToMakeAPoolTwice() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            try write("precious", to: pool.image)
            #expect(throws: HostError.targetExists(path: pool.image)) { try pool.make(size: .mebibytes(320)) }
            #expect(try read(pool.image) == "precious")
        }
    }

    @Test func refusesWhatIsTooSmallOrHasNoRoom() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            #expect(throws: HostError.pool(.tooSmall(size: .mebibytes(299), least: .mebibytes(300)))) {
                try pool.make(size: ByteCount(bytes: 300 << 20 - 1))
            }
            let error = try #require(throws: HostError.self) { try pool.make(size: ByteCount(bytes: .max)) }
            guard case .pool(.diskTooFull(_, let needed, let free, PoolImage.reserve)) = error else {
                throw error
            }
            #expect(needed > .gibibytes(1 << 30) && free < needed)
            #expect(try names(in: home).isEmpty)
        }
    }

    /// All but the reserve is too much by what the reserve is.
    @Test func keepsTheReserve() async throws {
        try await inPrivateMounts { home in
            try shell("mkdir \(home)/disk; mount -t tmpfs -o size=1500M none \(home)/disk")
            let pool = PoolImage(home: home + "/disk")
            #expect(throws: HostError.self) { try pool.make(size: .mebibytes(500)) }
            #expect(try names(in: home + "/disk").isEmpty)
        }
    }

    @Test func replacesWhatACrashLeft() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            try write("half", to: pool.unfinished)
            try pool.make(size: .mebibytes(300))
            // Simulates a kill before the image was renamed to its final path.
            try shell("mv \(pool.image) \(pool.unfinished)")
            #expect(try pool.state() == .absent)
            #expect(throws: HostError.pool(.absent(image: pool.image))) { try pool.mount() }
            try write("lost", to: pool.mountPoint + "/file")
            try pool.make(size: .mebibytes(310))
            #expect(try names(in: home) == ["pool", "pool.img"])
            #expect(try names(in: pool.mountPoint) == [".roost-pool"])
            #expect(try loopDevices(below: home).count == 1)
            try pool.unmount()
        }
    }

    @Test func failureUndoesEverything() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            // A mkfs.xfs that makes no XFS.
            try shell("printf '#!/bin/sh\\nexit 0\\n' > \(home)/mkfs; chmod 755 \(home)/mkfs")
            try shell("mount --bind \(home)/mkfs /usr/sbin/mkfs.xfs")
            let unmountable = try #require(throws: HostError.self) { try pool.make(size: .mebibytes(300)) }
            guard case .pool(.mountFailed(pool.unfinished, EINVAL)) = unmountable else { throw unmountable }
            #expect(try loopDevices(below: home).isEmpty)
            #expect(try names(in: home) == ["mkfs", "pool"])
            try shell("printf '#!/bin/sh\\necho no luck >&2\\nexit 3\\n' > \(home)/mkfs")
            #expect(throws: HostError.programFailed("mkfs.xfs", said: "no luck")) {
                try pool.make(size: .mebibytes(300))
            }
            #expect(try names(in: home) == ["mkfs", "pool"])
            try shell("umount /usr/sbin/mkfs.xfs; mount --bind /dev/null /usr/sbin/mkfs.xfs")
            #expect(throws: HostError.programMissing("mkfs.xfs", package: "xfsprogs")) {
                try pool.make(size: .mebibytes(300))
            }
            #expect(try names(in: home) == ["mkfs", "pool"])
            #expect(try pool.state() == .absent)
        }
    }

    @Test func refusesToHideFiles() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            try shell("mkdir \(pool.mountPoint); echo x > \(pool.mountPoint)/file")
            #expect(throws: HostError.pool(.mountPointInUse(pool.mountPoint, found: "file"))) {
                try pool.make(size: .mebibytes(300))
            }
            #expect(try names(in: home) == ["pool"])
        }
    }

    // MARK: Mounting

    @Test func keepsFilesOverAMount() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            try pool.make(size: .mebibytes(300))
            try write("kept", to: pool.mountPoint + "/file")
            try pool.unmount()
            try pool.unmount()
            #expect(try pool.state() == .unmounted)
            #expect(try names(in: pool.mountPoint).isEmpty)
            #expect(throws: HostError.pool(.notMounted(pool.mountPoint))) { _ = try pool.space() }
            try pool.mount()
            try pool.mount()
            #expect(try read(pool.mountPoint + "/file") == "kept")
            #expect(try loopDevices(below: home).count == 1)
            try pool.unmount()
        }
    }

    @Test func isBusyWhileAFileIsOpen() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            try pool.make(size: .mebibytes(300))
            do {
                let file = try Folder(pool.mountPoint).file(FileName(PoolImage.marker))
                #expect(throws: HostError.pool(.busy(pool.mountPoint))) { try pool.unmount() }
                #expect(try file.status().size > 0)
            }
            #expect(try pool.state() == .mounted)
            try pool.unmount()
        }
    }

    @Test func trimLeavesTheImageAllocated() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            try pool.make(size: .mebibytes(300))
            try shell("head -c 50000000 /dev/urandom > \(pool.mountPoint)/x; sync; rm \(pool.mountPoint)/x; sync")
            try shell("! fstrim \(pool.mountPoint) 2>/dev/null")
            try expectFullyAllocated(pool, .mebibytes(300))
            let device = try #require(try loopDevices(below: home).first)
            try pool.unmount()
            // The next user of that loop device can discard, be it this process or another that was quicker.
            let discards = try shell(
                """
                truncate -s 10M \(home)/other
                if losetup /dev/\(device) \(home)/other; then trap 'losetup --detach /dev/\(device)' EXIT; fi
                cat /sys/block/\(device)/queue/discard_max_bytes
                """)
            #expect(discards != "0\n")
        }
    }

    @Test func usesTheLoopDeviceThatTheImageHas() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            try pool.make(size: .mebibytes(300))
            try pool.unmount()
            let device = try shell("losetup --find --show \(pool.image)").dropLast()
            try pool.mount()
            #expect(try loopDevices(below: home).map { "/dev/" + $0 } == [String(device)])
            try pool.unmount()
            try shell("losetup --detach \(device)")
            let part = String(try shell("losetup --find --show --sizelimit 1M \(pool.image)").dropLast())
            #expect(throws: HostError.pool(.boundOtherwise(image: pool.image, device: part))) { try pool.mount() }
            try shell("losetup --detach \(part)")
        }
    }

    @Test func allocatesAgainWhatAnImageLost() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            try pool.make(size: .mebibytes(300))
            try pool.unmount()
            try shell("fallocate --dig-holes \(pool.image); fallocate --punch-hole -o 200M -l 20M \(pool.image)")
            #expect(try #require(try FileStatus.ifPresent(pool.image)).allocated < .mebibytes(280))
            try pool.mount()
            try expectFullyAllocated(pool, .mebibytes(300))
            try pool.unmount()
        }
    }

    /// A sparse copy on a disk that cannot hold all of it.
    @Test func refusesAnImageThatTheDiskCannotHold() async throws {
        try await inPrivateMounts { home in
            try shell(
                """
                mkdir \(home)/disk; mount -t tmpfs -o size=200M none \(home)/disk
                truncate -s 300M \(home)/disk/pool.img; mkfs.xfs -q -m reflink=1 \(home)/disk/pool.img
                """)
            let pool = PoolImage(home: home + "/disk")
            let error = try #require(throws: HostError.self) { try pool.mount() }
            guard case .pool(.diskTooFull(pool.image, _, _, ByteCount(bytes: 0))) = error else { throw error }
            #expect(try pool.state() == .unmounted)
        }
    }

    @Test func unmountsAnImageWithoutMarkerAgain() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            try shell("fallocate -l 300M \(pool.image); mkfs.xfs -q -K -m reflink=1 \(pool.image)")
            #expect(throws: HostError.pool(.markerMissing(image: pool.image, marker: ".roost-pool"))) {
                try pool.mount()
            }
            #expect(try pool.state() == .unmounted)
            #expect(try loopDevices(below: home).isEmpty)
        }
    }

    @Test func tellsAForeignMount() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            try pool.make(size: .mebibytes(300))
            try pool.unmount()
            try shell("mount -t tmpfs intruder \(pool.mountPoint)")
            let foreign = HostError.pool(.foreignMount(pool.mountPoint, what: "tmpfs intruder"))
            #expect(throws: foreign) { _ = try pool.state() }
            #expect(throws: foreign) { try pool.mount() }
            #expect(throws: foreign) { try pool.unmount() }
            // A marker alone makes no pool of ours of it.
            try write("", to: pool.mountPoint + "/.roost-pool")
            #expect(throws: foreign) { try pool.mount() }
            #expect(throws: foreign) { try pool.grow(to: .mebibytes(400)) }
            #expect(throws: foreign) { try pool.unmount() }
            // Nor does a loop device that has the image without being mounted there.
            let device = try shell("losetup --find --show \(pool.image)").dropLast()
            #expect(throws: foreign) { try pool.mount() }
            #expect(throws: foreign) { try pool.unmount() }
            try shell("losetup --detach \(device)")
            try shell("mv \(pool.image) \(home)/away")
            #expect(throws: foreign) { _ = try pool.state() }
            #expect(throws: foreign) { try pool.make(size: .mebibytes(300)) }
        }
    }

    // MARK: Growing

    @Test func growsWhileMounted() async throws {
        try await inPrivateMounts { home in
            let pool = PoolImage(home: home)
            #expect(throws: HostError.pool(.absent(image: pool.image))) { try pool.grow(to: .mebibytes(400)) }
            try pool.make(size: .mebibytes(300))
            let before = try pool.space().size
            do {
                let file = try Folder(pool.mountPoint).makeFile(FileName("open"))
                try pool.grow(to: .mebibytes(420))
                try file.write([1, 2, 3].span.bytes, at: 0)
            }
            #expect(try pool.space().size.bytes - before.bytes > 119 << 20)
            try expectFullyAllocated(pool, .mebibytes(420))
            try pool.grow(to: .mebibytes(420))
            #expect(throws: HostError.pool(.wouldShrink(from: .mebibytes(420), to: .mebibytes(419)))) {
                try pool.grow(to: .mebibytes(419))
            }
            #expect(throws: HostError.self) { try pool.grow(to: ByteCount(bytes: .max)) }
            #expect(try #require(try FileStatus.ifPresent(pool.image)).size == 420 << 20)
            try pool.unmount()
        }
    }

    @Test(arguments: [true, false])
    func endsAGrowthThatWasCutShort(byMounting: Bool) async throws {
        try await inPrivateMounts { home in
            try Storage.makeFolder(home + "/a b")
            let pool = PoolImage(home: home + "/a b")
            try pool.make(size: .mebibytes(300))
            let before = try pool.space().size
            // The growth was interrupted after the image file; once with a restart of the machine in between.
            try pool.open(pool.image).allocate(.mebibytes(350))
            if byMounting {
                try pool.unmount()
                try pool.mount()
            } else {
                try pool.grow(to: .mebibytes(350))
            }
            #expect(try pool.space().size.bytes - before.bytes > 49 << 20)
            try pool.unmount()
        }
    }

    private func expectFullyAllocated(_ pool: PoolImage, _ size: ByteCount) throws {
        let status = try #require(try FileStatus.ifPresent(pool.image))
        #expect(status.size == size.bytes && status.allocated >= size)
    }
}
