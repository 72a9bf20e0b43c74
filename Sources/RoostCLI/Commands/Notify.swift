import ArgumentParser
import Foundation
import RoostModel

/// `roost notify`
struct Notify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify", abstract: "Show and test the webhooks that get events.",
        discussion:
            "The addresses of a service are in the build file, as the service's key 'notify'. roostd's own address gets the "
            + "events of all services and of the machine (roostd --notify URL).",
        subcommands: [State.self, Test.self, Secret.self, Deliver.self])

    /// The owner of the addresses that a command is about.
    struct Subject: ParsableArguments {
        @Flag(help: "Use the address of roostd itself instead of those of an application's services.")
        var daemon = false

        func owner(in session: Session) throws(Problem) -> NotifyOwner {
            daemon ? .daemon : .application(try session.application())
        }
    }

    /// `roost notify status`
    struct State: Command {
        static let configuration = CommandConfiguration(
            commandName: "status", abstract: "List the addresses, and how their deliveries went.")

        @OptionGroup var subject: Subject
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            try session.output.show(.webhooks(try await session.client.webhooks(of: try subject.owner(in: session))))
            return .done
        }
    }

    /// `roost notify test`
    struct Test: Command {
        static let configuration = CommandConfiguration(
            commandName: "test", abstract: "Send a test event, and print what each receiver answered.",
            discussion: "Exits with 1 unless every receiver took the event.")

        @Argument(
            help: "Only the addresses of this service.", completion: LiveNames.services,
            transform: { try ServiceName($0) })
        var service: ServiceName?
        @OptionGroup var subject: Subject
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            guard service == nil || !subject.daemon else {
                throw Problem(.usage, "--daemon is about roostd's own address; leave out the service")
            }
            let tests = try await session.client.testWebhooks(of: try subject.owner(in: session), service: service)
            try session.output.show(.webhookTests(tests))
            return tests.allSatisfy(\.accepted) ? .done : .status(ProblemCode.failed.exitStatus)
        }
    }

    /// `roost notify secret`
    struct Secret: Command {
        static let configuration = CommandConfiguration(
            commandName: "secret", abstract: "Print the secret that signs the events.",
            discussion: "A receiver checks the header Roost-Signature with it.")

        @OptionGroup var subject: Subject
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let owner = try subject.owner(in: session)
            try session.output.show(.notifySecret(try await session.client.notifySecret(of: owner)))
            return .done
        }
    }

    /// `roost notify deliver`: makes one request to a webhook for roostd, which has no HTTP client. The request is read
    /// as JSON from standard input, because its address may hold a secret; the outcome is printed as JSON.
    struct Deliver: LocalCommand {
        /// A notification has a few kilobytes.
        private static let longestRequest = 4 << 20

        static let configuration = CommandConfiguration(
            commandName: "deliver", abstract: "Send one event (used by roostd).", shouldDisplay: false)

        @OptionGroup(title: "Common options") var options: Options

        func run(as caller: Caller, output: Output) async throws(Problem) -> Ending {
            let post: WebhookPost
            do {
                let request = try FileHandle.standardInput.read(upToCount: Self.longestRequest) ?? Data()
                post = try JSON.decode(from: request)
            } catch {
                throw Problem(.usage, "standard input is no request to a webhook: \(error.sentence)")
            }
            let reply = await WebhookClient.send(post)
            do { caller.write(.output, String(decoding: try JSON.encode(reply), as: UTF8.self) + "\n") } catch {
                throw Problem(.failed, "the outcome cannot be encoded: \(error.sentence)")
            }
            return .done
        }
    }
}
