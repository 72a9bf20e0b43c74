import ArgumentParser
import RoostModel

/// The root command. `roost --help` lists the subcommands in the order in which people meet them.
package struct Roost: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "roost", abstract: "Run databases that are declared in a file.",
        usage: "roost <command> [options]",
        discussion: """
            A first database, in an empty folder:
              printf 'services:\\n  data: {type: mysql}\\n' > roost.yml
              roost create shop
              roost push
              roost run data
            """, version: Version.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Applications",
                subcommands: [
                    Create.self, Connect.self, Push.self, List.self, Open.self, Destroy.self,
                ]),
            CommandGroup(
                name: "Services",
                subcommands: [
                    Info.self, Status.self, Address.self, Env.self, Run.self, Logs.self, Restart.self, Wait.self,
                    Scale.self, Promote.self, Failover.self, Failovers.self, Resync.self, Pause.self, Resume.self,
                    Replication.self, Events.self, Notify.self,
                    Top.self, Password.self, User.self, Import.self, Export.self, OperationCommand.self,
                ]),
            CommandGroup(
                name: "Copies", subcommands: [Snapshot.self, TemplateCommand.self, Clone.self, With.self]),
            CommandGroup(
                name: "Setup",
                subcommands: [
                    Doctor.self, StorageCommand.self, Engine.self, Host.self, Authority.self, Token.self, Recover.self,
                    Completion.self,
                ]),
        ])

    // Declared here as well as in every command, so that `roost --json ls` and `roost ls --json` are the same.
    @OptionGroup(title: "Common options") package var options: Options

    package init() {}
}
