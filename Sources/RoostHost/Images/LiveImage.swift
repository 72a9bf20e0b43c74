import Glibc

/// Takes an image of a running server's data directory: what a crash of the server at one moment would have left.
///
/// Cloning takes time for each extent, and a directory that was snapshotted before has many. So all of it is cloned
/// while the server runs, then what has changed meanwhile, again and again, until so little is left that the server can
/// stand still for it (docs/decisions/0008-live-images.md). All of it blocks: see `Storage`.
package struct LiveImage: Sendable {
    package typealias Subject = FreezeSubject

    package enum Outcome: Sendable, Equatable {
        case taken(Report)
        /// The last round would have kept writers for longer than they may wait: nothing was frozen, and nothing of the
        /// image stays.
        case tooSlow(predicted: Duration)
        /// It did, against the prediction, or not all of the server stood still in time. It was let go, and nothing of the
        /// image stays. `held`: how long writers may have waited.
        case cutShort(reason: HostError, held: Duration)
    }

    package struct Report: Sendable, Equatable {
        /// How long the server stood still.
        package let pause: Duration
        /// The first, of everything, and the last, frozen, included.
        package let rounds: Int
        /// Of the source in the last round; small files and new ones count as one.
        package let extents: Int
        /// What a plain freeze and reflink would have cost: the time of the first round.
        package let plain: Duration
    }

    private let guardProgram: String
    private let subject: Subject

    package init(guardProgram: String, subject: Subject) {
        self.guardProgram = guardProgram
        self.subject = subject
    }

    /// Kept are owners, modes, times, links and holes, as in `Storage.copyTree`. The image has its name only when all of
    /// it is on the disk. `maxPause`: what writers may wait, by what earlier rounds foretell; a freeze that takes longer is
    /// cut short, though not before 5 ms.
    ///
    /// Throws `.noReflink` before anything is frozen. On failure nothing of the image stays.
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
        // First: what went wrong in a server that ran on again went wrong because of that.
        let pause = try freezer.thaw()
        let (listing, figures) = try result.get()
        return (pause, listing, figures)
    }
}

extension HostError {
    /// Of a freeze: it ended, with the server running on, before the image was finished.
    fileprivate var isCutShort: Bool {
        switch self {
        case .notFrozen, .thawedByDeadline: true
        default: false
        }
    }
}
