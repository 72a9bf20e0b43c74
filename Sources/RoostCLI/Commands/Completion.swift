import ArgumentParser
import RoostModel

/// `roost completion SHELL`
struct Completion: LocalCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a shell completion script for commands and names.",
        discussion: """
            bash:  roost completion bash > ~/.local/share/bash-completion/completions/roost
            zsh:   roost completion zsh > "${fpath[1]}/_roost"
            fish:  roost completion fish > ~/.config/fish/completions/roost.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    @OptionGroup(title: "Common options") var options: Options

    func run(as caller: Caller, output: Output) throws(Problem) -> Ending {
        let script =
            switch shell {
            case .bash: Roost.completionScript(for: .bash)
            case .zsh: Roost.completionScript(for: .zsh)
            case .fish: Roost.completionScript(for: .fish)
            }
        caller.write(.output, script + "\n")
        return .done
    }
}
