import Glibc

/// Takes an image of a running server's data directory, with the state after a crash of the server at one moment.
///
/// Cloning takes time for each extent, and a directory that was snapshotted before has many. So everything is cloned
/// while the server runs, then the changes made meanwhile, repeatedly, until the rest is small enough to freeze the
/// server for it (docs/decisions/0008-live-images.md). All calls block: see `Storage`.
package struct LiveImage: Sendable {
    package typealias Subject = FreezeSubject

    package enum Outcome: Sendable, Equatable {
        case taken(Report)
        /// The last round would have blocked writers for longer than allowed: nothing was frozen, and nothing of the
        /// image is left.
        case tooSlow(predicted: Duration)
        /// The last round took longer than predicted, or not all of the server's processes were stopped in time. The
        /// server was thawed, and nothing of the image is left. `held` is the time for which writers may have waited.
        case cutShort(reason: HostError, held: Duration)
    }

    package struct Report: Sendable, Equatable {
        /// Time during which the server was frozen.
        package let pause: Duration
        /// Number of rounds, including the first one and the frozen last one.
        package let rounds: Int
        /// Extents of the source in the last round; small files and new ones count as one.
        package let extents: Int
        /// Pause of a plain freeze and reflink in comparison: the duration of the first round.
        package let plain: Duration
    }

    private let guardProgram: String
    private let subject: Subject

    package init(guardProgram: String, subject: Subject) {
        self.guardProgram = guardProgram
        self.subject = subject
    }

    /// Keeps owners, modes, times, links and holes, as in `Storage.copyTree`. The image gets its final name once all
    /// of it is on the disk. `maxPause` limits the time that writers may wait, as predicted from earlier rounds; a
    /// freeze that takes longer is cut short, though not before 5 ms.
    ///
    /// Throws `.noReflink` before anything is frozen. On failure nothing of the image is left.
    package func take(from source: String, to target: String, maxPause: Duration) throws(HostError) -> Outcome {
        var outcome = Outcome.tooSlow(predicted: .zero)
        let report = try Storage.makeTree(at: target) { folder throws(HostError) -> Report? in
            let image = try StagedImage(of: source, in: folder)
            let plain = try ImageRound(image, isFrozen: false).run().duration
            var plan = RoundPlan(maxPause: maxPause)
            var step = RoundPlan.Step.again
            while step == .again { step = plan.next(after: try ImageRound(image, isFrozen: false).run().duration) }
            if case .tooSlow(let duration) = step {
                outcome = .tooSlow(predicted: duration)
                return nil
            }
            try image.flush(try TreeListing(of: image.source, isChanging: true))
            let began = ContinuousClock.now
            let last: LastRound
            do throws(HostError) { last = try lastRound(of: image, deadline: max(maxPause, .milliseconds(5))) } catch {
                guard error.isCutShort else { throw error }
                outcome = .cutShort(reason: error, held: began.duration(to: .now))
                return nil
            }
            try image.arrange(as: last.listing, in: folder)
            return Report(pause: last.pause, rounds: plan.rounds + 2, extents: last.figures.extents, plain: plain)
        }
        return report.map { .taken($0) } ?? outcome
    }

    private typealias LastRound = (pause: Duration, listing: TreeListing, figures: ImageRound.Figures)

    private func lastRound(of image: StagedImage, deadline: Duration) throws(HostError) -> LastRound {
        var freezer = try FreezeGuard(program: guardProgram, subject: subject, deadline: deadline)
        try freezer.freeze()
        let result: Result<(TreeListing, ImageRound.Figures), HostError>
        do throws(HostError) {
            let round = try ImageRound(image, isFrozen: true)
            result = .success((round.listing, try round.run()))
        } catch {
            result = .failure(error)
        }
        // Thaw before looking at the result: if the server was thawed early, that explains an error of the round.
        let pause = try freezer.thaw()
        let (listing, figures) = try result.get()
        return (pause, listing, figures)
    }
}

extension HostError {
    /// Whether a freeze ended, with the server running on, before the image was complete.
    fileprivate var isCutShort: Bool {
        switch self {
        case .notFrozen, .thawedByDeadline: true
        default: false
        }
    }
}
