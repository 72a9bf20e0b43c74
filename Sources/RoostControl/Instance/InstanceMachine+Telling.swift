import Foundation
import RoostModel

extension InstanceMachine {
    mutating func note(_ contents: [InstanceNote.Content]) {
        for content in contents {
            lastNote += 1
            status.notes.append(InstanceNote(number: lastNote, content: content))
        }
    }

    /// Limit of notes that wait for acknowledgement; a control plane that is gone for longer misses the oldest.
    private static let keptNotes = 100

    func isSilent(for age: Duration, _ now: ContinuousClock.Instant) -> Bool {
        sent.map { $0.at.duration(to: now) >= age } ?? true
    }

    /// Sends the status if it has changed. `again`: even if it has not. `reminding`: also asks for a spec that may
    /// have been lost.
    mutating func push(
        _ now: ContinuousClock.Instant, again: Bool = false, reminding: Bool = false
    ) -> [Effect] {
        if spec.notesSeen.life == status.life { status.notes.removeAll { $0.number <= spec.notesSeen.number } }
        status.notes = status.notes.suffix(Self.keptNotes)
        status.specRevision = spec.revision
        status.isReminder = sent?.status.isReminder ?? false
        guard again || reminding || status != sent?.status else { return [] }
        status.isReminder = reminding
        status.revision += 1
        sent = (status, now)
        return [.send(status)]
    }

    /// Tells once what an action waits for if it takes longer than usual.
    mutating func tellDelay(of round: Round, _ now: ContinuousClock.Instant) -> [Effect] {
        guard case .action(let action) = round.item, let delay = action.delay, !round.isDelayTold else { return [] }
        // An earlier `wake` may end first.
        let left = now.duration(to: round.began + delay.toldAfter)
        guard left <= .zero else { return [.wake(after: left)] }
        var round = round
        round.isDelayTold = true
        phase = .acting(round)
        note([.waits(for: delay.reason)])
        return push(now)
    }
}
