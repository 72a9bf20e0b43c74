import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// Actions on a member of a group, by its place and by what was observed.
@Suite struct GroupPlannerTests {
    private let planner = InstancePlanner()
    private let source = PortNumber(31000).unsafelyUnwrapped
    private let other = PortNumber(31009).unsafelyUnwrapped

    // MARK: Without a server

    @Test func aReplicaWithoutDataIsMadeOfAnothersImage() {
        let plan = plan(.replica(source: source), seeded: false, directory: .absent)
        #expect(plan.isTo([.makeReplica, .recordSeeded, .start], clients: .held))
    }

    @Test func aReplicaWhoseDataAreGoneIsNotMadeAnew() {
        #expect(plan(.replica(source: source), directory: .absent).convergence == .blocked)
    }

    @Test func aReplicaIsStarted() {
        #expect(plan(.replica(source: source)).isTo([.start], clients: .held))
    }

    @Test(arguments: [InstanceTarget.Place.fenced(mayStart: false), .primary(mayOpen: false)])
    func nobodyIsStartedWhileItIsOpenWhoLeads(_ place: InstanceTarget.Place) {
        #expect(plan(place).isTo([], clients: .held))
        #expect(plan(place, seeded: false, directory: .absent).isTo([], clients: .held))
    }

    @Test func aReplicaIsStartedWhoeverIsAboutToLead() {
        #expect(plan(.fenced(mayStart: true)).isTo([.start], clients: .held))
        #expect(plan(.fenced(mayStart: true), seeded: false, directory: .absent).isTo([], clients: .held))
    }

    @Test func aPrimaryThatMayOpenIsStartedAsAnInstanceAlone() {
        #expect(plan(.primary(mayOpen: true)).isTo([.start], clients: .held))
        #expect(plan(.primary(mayOpen: true), seeded: false, directory: .absent).actions.first == .makeDirectory)
    }

    /// Each epoch is opened by one start: the service decides who goes on.
    @Test func aPrimaryWhoseServerEndedWaitsForTheNextEpoch() {
        func plan(hasRun: Bool, seeded: Bool = true) -> InstancePlan {
            var seen = InstanceObservation(directory: .present, process: .none)
            seen.hasRun = hasRun
            return planner.plan(.sample(seeded: seeded, place: .primary(mayOpen: true)), seen, now: .now)
        }
        #expect(plan(hasRun: true).isTo([], clients: .held))
        #expect(plan(hasRun: false).isTo([.start], clients: .held))
        #expect(plan(hasRun: true, seeded: false).isTo([.recordSeeded, .start], clients: .held))
    }

    // MARK: New data

    @Test func dataAreKeptBeforeTheyAreReplaced() {
        func plan(
            _ directory: InstanceObservation.Directory, isKept: Bool = false, runs: Bool = false, epoch: UInt64 = 1,
            _ place: InstanceTarget.Place? = nil
        ) -> InstancePlan {
            var seen = InstanceObservation(directory: directory, process: runs ? .running(pid: 7) : .none)
            seen.isKept = isKept
            seen.epoch = epoch
            let place = place ?? .replica(source: source)
            return planner.plan(.sample(place: place, reseeding: "k"), seen, now: .now)
        }
        let keep = Action.keepDirectory(snapshot: "k", reason: "diverged")
        #expect(plan(.present, runs: true).isTo([.stop(.reseed)], clients: .held))
        #expect(plan(.present).isTo([keep], clients: .held))
        #expect(plan(.unusable("x")).isTo([keep], clients: .held))
        #expect(plan(.unusable("x"), epoch: 0).isTo([], clients: .held), "it may be another service's")
        #expect(plan(.absent, isKept: true).isTo([.makeReplica, .recordSeeded], clients: .held))
        #expect(plan(.present, isKept: true).isTo([.recordSeeded], clients: .held), "the new data are there")
        #expect(plan(.present, .fenced(mayStart: true)).isTo([.start], clients: .held), "it may be elected")
    }

    // MARK: A server that takes writes

    @Test func onlyAPrimaryTakesWrites() {
        #expect(plan(.replica(source: source), .healthy).isTo([.closeServer], clients: .held))
        #expect(plan(.fenced(mayStart: true), .healthy).isTo([.closeServer], clients: .held))
        #expect(plan(.fenced(mayStart: true), .drifted([])).isTo([.closeServer], clients: .held))
        // A primary that serves goes on, though another member was not heard of.
        #expect(plan(.primary(mayOpen: false), .healthy).isTo([], clients: .open))
    }

    // MARK: A server that takes none

    @Test func aClosedServerIsOpenedAsAPrimaryThatMayAlone() {
        #expect(plan(.primary(mayOpen: true), .closed, primary).isTo([.openServer]))
        #expect(plan(.primary(mayOpen: false), .closed, primary).isTo([], clients: .held))
        #expect(plan(.fenced(mayStart: true), .closed, primary).isTo([], clients: .held))
        #expect(plan(.replica(source: source), .closed, primary).isTo([.follow]))
    }

    @Test func aReplicaThatIsToLeadIsPromotedFirst() {
        #expect(plan(.primary(mayOpen: true), .closed, replica(.up)).isTo([.promote]))
        #expect(plan(.primary(mayOpen: true), .closed, nil).isTo([]), "its part is not known")
    }

    @Test func aReplicaFollowsThePresentPrimary() {
        #expect(plan(.replica(source: source), .closed, replica(.up, of: other)).isTo([.follow]))
        let settled = plan(.replica(source: source), .closed, replica(.up))
        #expect(settled.isTo([], clients: .open) && settled.convergence == .settled)
    }

    @Test func whatKeepsAReplicaBehindIsTold() {
        let waiting = plan(.replica(source: source), .closed, replica(.connecting(reason: "connection refused")))
        #expect(waiting.problem == "it receives nothing from the primary: connection refused")
        #expect(waiting.isTo([], clients: .held) && waiting.convergence == .underway, "readers go elsewhere")
        let broken = plan(.replica(source: source), .closed, replica(.broken(reason: "duplicate key in shop.orders")))
        #expect(broken.problem == "broken: duplicate key in shop.orders")
        #expect(broken.isTo([], clients: .closed) && broken.convergence == .blocked)
    }

    @Test func aReplicaFarBehindIsNotReadFrom() {
        var report = replica(.up)
        report.secondsBehind = 11
        #expect(plan(.replica(source: source), .closed, report).isTo([], clients: .held))
        report.secondsBehind = 9
        #expect(plan(.replica(source: source), .closed, report).isTo([], clients: .open))
    }

    /// The connection may be waiting for the very settings that the replica is to get.
    @Test func aReplicaWithoutAConnectionGetsItsSettings() {
        let target = InstanceTarget.sample(place: .replica(source: source))
        var seen = InstanceObservation(
            directory: .present, process: .running(pid: 7), health: .closed, applied: target.applied, gate: .held)
        seen.replication = replica(.connecting(reason: "connection refused"))
        seen.applied?.accounts = "of before"
        #expect(planner.plan(target, seen, now: .now).isTo([.applyAccounts]))
    }

    // MARK: Synchronous replication

    @Test func aPrimaryWaitsForItsVotersBeforeItIsOpened() {
        let waits = SynchronousPart.waits(for: [1, 2])
        #expect(plan(.primary(mayOpen: true), .closed, primary(false), waits).isTo([.play(waits)]))
        #expect(plan(.primary(mayOpen: true), .closed, primary(true), waits).isTo([.openServer]))
        #expect(plan(.primary(mayOpen: true), .closed, primary(true, [1]), waits).isTo([.play(waits)]))
        #expect(plan(.primary(mayOpen: true), .closed, primary(true, [2, 1]), waits).isTo([.openServer]))
        #expect(plan(.primary(mayOpen: true), .closed, primary(nil), waits).isTo([.openServer]), "it has no switch")
        #expect(
            plan(.primary(mayOpen: true), .closed, replica(.up), waits).isTo([.promote]), "a replica waits for nobody")
    }

    @Test func anOpenPrimaryIsToldForWhomToWait() {
        #expect(plan(.primary(mayOpen: true), .healthy, primary(true), .none).isTo([.play(.none)]))
        #expect(
            plan(.primary(mayOpen: true), .drifted([]), primary(false), .waits(for: [1])).isTo([.play(.waits(for: [1]))]
            ))
        #expect(plan(.primary(mayOpen: true), .healthy, primary(false), .none).isTo([], clients: .open))
        #expect(
            plan(.primary(mayOpen: true), .healthy, nil, .waits(for: [1])).isTo([], clients: .open), "it did not say")
    }

    @Test func aPrimaryThatWaitsInVainIsToldAgain() {
        var memory = InstanceMemory()
        func look(_ waiting: Int, at location: UInt64) -> InstancePlan {
            let target = InstanceTarget.sample(place: .primary(mayOpen: true), part: .waits(for: [1]))
            var seen = InstanceObservation(
                directory: .present, process: .running(pid: 7), health: .healthy, applied: target.applied, gate: .open)
            seen.replication = primary(true)
            seen.replication?.applied = .postgresql(timeline: 1, location: location)
            seen.replication?.waitingCommits = waiting
            _ = memory.note(&seen, name: "data.0", now: .now, date: .distantPast) { _ in nil }
            return planner.plan(target, seen, now: .now)
        }
        #expect(look(1, at: 5).isTo([], clients: .open) && look(1, at: 6).isTo([], clients: .open), "they come and go")
        #expect(look(1, at: 6).isTo([.play(.waits(for: [1]))]))
        #expect(look(0, at: 6).isTo([], clients: .open) && look(1, at: 6).isTo([], clients: .open))
    }

    @Test func aReplicaAcknowledgesOnceItFollows() {
        func plan(_ link: ReplicationReport.Link, _ isSynchronous: Bool?, _ part: SynchronousPart) -> InstancePlan {
            var report = replica(link)
            report.isSynchronous = isSynchronous
            return self.plan(.replica(source: source), .closed, report, part)
        }
        #expect(plan(.up, false, .acknowledges).isTo([.play(.acknowledges)]))
        #expect(plan(.up, true, .acknowledges).isTo([], clients: .open))
        #expect(plan(.up, nil, .acknowledges).isTo([], clients: .open))
        #expect(plan(.connecting(reason: "no"), false, .acknowledges).isTo([], clients: .held))
        #expect(plan(.connecting(reason: "no"), true, .none).isTo([.play(.none)]), "it must not acknowledge any more")
    }

    // MARK: Engines that are fenced by a stop

    @Test func aPrimaryIsStoppedWhereThatIsTheFence() {
        func plan(
            _ place: InstanceTarget.Place, _ health: InstanceHealth, _ report: ReplicationReport?
        ) -> InstancePlan {
            self.plan(place, health, report, isFencedByStop: true)
        }
        #expect(plan(.fenced(mayStart: false), .healthy, primary).isTo([.stop(.fence)], clients: .held))
        #expect(plan(.fenced(mayStart: false), .closed, primary).isTo([.stop(.fence)], clients: .held))
        #expect(plan(.fenced(mayStart: true), .closed, replica(.up)).isTo([], clients: .held))
        #expect(plan(.replica(source: source), .healthy, primary).isTo([.stop(.fence)], clients: .held))
        #expect(plan(.replica(source: source), .closed, primary).isTo([.stop(.fence)], clients: .held))
        #expect(plan(.replica(source: source), .closed, replica(.up, of: other)).isTo([.follow]))
    }

    // MARK: Elections

    /// No step is taken against a member that the others elected: the service records it.
    @Test func electionsAreLeftAlone() {
        func plan(
            _ place: InstanceTarget.Place, _ health: InstanceHealth, _ report: ReplicationReport?
        ) -> InstancePlan {
            self.plan(place, health, report, electsItself: true)
        }
        #expect(plan(.replica(source: source), .healthy, primary).isTo([], clients: .held))
        #expect(plan(.replica(source: source), .closed, primary).isTo([], clients: .held))
        #expect(plan(.fenced(mayStart: true), .healthy, primary).isTo([], clients: .held))
        #expect(plan(.replica(source: source), .closed, replica(.up, of: other)).isTo([], clients: .held))
        #expect(plan(.primary(mayOpen: true), .closed, replica(.up, of: other)).isTo([], clients: .held))
    }

    @Test func theRecordedPrimaryAsksForAnElectionOnlyIfThereIsNoPrimary() {
        let alone = ReplicationReport(role: .replica, link: .connecting(reason: "the replica set has no primary"))
        #expect(plan(.primary(mayOpen: true), .closed, alone, electsItself: true).isTo([.promote]))
        #expect(plan(.primary(mayOpen: true), .closed, primary, electsItself: true).isTo([.openServer]))
        // In a planned change the primary steps down.
        for health in [InstanceHealth.healthy, .closed] {
            let plan = plan(.fenced(mayStart: false), health, primary, electsItself: true)
            #expect(plan.isTo([.closeServer], clients: .held))
        }
        #expect(plan(.replica(source: source), .closed, alone, electsItself: true).actions.isEmpty)
    }

    @Test func anElectedPrimaryDoesNotWaitForNobody() {
        let target = InstanceTarget.sample(place: .primary(mayOpen: true), part: .waits(for: []), electsItself: true)
        #expect(target.part == .none)
    }

    // MARK: Killed

    /// The server of a primary that hangs or is replaced by force is killed once it is fenced; a replica is not.
    @Test func aFencedPrimaryIsKilledIfThatIsAskedFor() {
        func plan(_ place: InstanceTarget.Place, _ isToBeKilled: Bool) -> [Action] {
            var seen = InstanceObservation(directory: .present, process: .running(pid: 5))
            seen.health = .unknown("it does not answer")
            return planner.plan(.sample(place: place, isToBeKilled: isToBeKilled), seen, now: .now).actions
        }
        #expect(plan(.fenced(mayStart: false), true) == [.stop(.failover)])
        #expect(plan(.fenced(mayStart: true), true).isEmpty && plan(.primary(mayOpen: true), true).isEmpty)
        #expect(plan(.fenced(mayStart: false), false).isEmpty)
    }

    /// Whatever the server answers: also one that came back meanwhile.
    @Test(arguments: [InstanceHealth.healthy, .closed, .starting("x"), .unhealthy("x"), .lockedOut("x")])
    func anAnswerDoesNotSaveAServerThatIsToBeKilled(_ health: InstanceHealth) {
        let seen = InstanceObservation(directory: .present, process: .running(pid: 5), health: health)
        let target = InstanceTarget.sample(place: .fenced(mayStart: false), isToBeKilled: true)
        #expect(planner.plan(target, seen, now: .now).actions == [.stop(.failover)])
    }

    @Test func aMemberIsAskedTwiceASecond() {
        #expect(planner.memberProbeInterval == .milliseconds(500))
        let silent = plan(.primary(mayOpen: true), .unknown("no answer"))
        #expect(silent.actions.isEmpty && silent.lookAgain == planner.memberProbeInterval)
    }

    // MARK: Staying behind

    @Test(
        arguments: [(0, nil, false), (60, nil, true), (60, 60, false), (60, 30, true), (0, 60, true)]
            as [(Int, Int?, Bool)])
    func aReplicaIsToldHowFarToStayBehind(_ wanted: Int, _ delay: Int?, _ isTold: Bool) {
        for link in [ReplicationReport.Link.up, .connecting(reason: "no"), .broken(reason: "x")] {
            var report = replica(link)
            report.delaySeconds = delay
            let actions = plan(.replica(source: source), .closed, report, delay: wanted).actions
            #expect(actions == (isTold && !link.isBroken ? [.follow] : []), "\(link)")
        }
    }

    /// Clients read from a replica that is as far behind as it is meant to be.
    @Test(arguments: [(0, 9.0, true), (0, 11, false), (60, 65, true), (60, 71, false)] as [(Int, Double, Bool)])
    func theLagThatIsMeantIsNoProblem(_ delay: Int, _ lag: Double, _ isReadable: Bool) {
        var report = replica(.up)
        (report.delaySeconds, report.secondsBehind) = (delay == 0 ? nil : delay, lag)
        let plan = plan(.replica(source: source), .closed, report, delay: delay)
        #expect(plan.problem == nil && plan.actions.isEmpty && (plan.clients == .held) == !isReadable)
    }

    @Test func aReplicaWithAnotherAccountIsToldToFollowAgain() {
        func plan(
            _ used: String?, link: ReplicationReport.Link = .up, accounts: String = "accounts",
            electsItself: Bool = false
        ) -> [Action] {
            let target = InstanceTarget.sample(
                accounts: accounts, place: .replica(source: source), electsItself: electsItself, account: "a_2")
            var seen = InstanceObservation(
                directory: .present, process: .running(pid: 7), health: .closed,
                applied: InstanceTarget.sample().applied, gate: .open)
            seen.replication = replica(link)
            seen.replication?.account = used
            return planner.plan(target, seen, now: .now).actions
        }
        #expect(plan("a_1") == [.follow] && plan("a_2").isEmpty && plan(nil).isEmpty)
        // A primary that refuses the old account is reached with the new one.
        #expect(plan("a_1", link: .connecting(reason: "the primary refuses its account")) == [.follow])
        #expect(plan("a_1", link: .broken(reason: "duplicate key")).isEmpty)
        #expect(plan("a_1", electsItself: true).isEmpty)
        // The account's password is given to the server before it is used.
        #expect(plan("a_1", accounts: "others") == [.applyAccounts])
    }

    // MARK: Values

    private func primary(_ isSynchronous: Bool?, _ acknowledgers: [Int]? = nil) -> ReplicationReport {
        ReplicationReport(role: .primary, isSynchronous: isSynchronous, acknowledgers: acknowledgers)
    }

    private let primary = ReplicationReport(role: .primary)

    private func replica(_ link: ReplicationReport.Link, of port: PortNumber? = nil) -> ReplicationReport {
        ReplicationReport(role: .replica, link: link, source: port ?? source)
    }

    private func plan(
        _ place: InstanceTarget.Place, seeded: Bool = true, directory: InstanceObservation.Directory = .present
    ) -> InstancePlan {
        planner.plan(
            .sample(seeded: seeded, place: place), InstanceObservation(directory: directory, process: .none), now: .now)
    }

    private func plan(
        _ place: InstanceTarget.Place, _ health: InstanceHealth, _ report: ReplicationReport? = nil,
        _ part: SynchronousPart = .none, isFencedByStop: Bool = false, electsItself: Bool = false, delay: Int = 0
    ) -> InstancePlan {
        let target = InstanceTarget.sample(
            place: place, delay: delay, part: part, isFencedByStop: isFencedByStop, electsItself: electsItself)
        var seen = InstanceObservation(
            directory: .present, process: .running(pid: 7), health: health, applied: target.applied, gate: .open)
        seen.replication = report
        return planner.plan(target, seen, now: .now)
    }
}
