/// The script that replaces a program which must be started through a loader with libraries of the tree. Pure.
///
/// All its paths are relative to its own location: it works the same where the tree is proven, where it is installed,
/// and after a home was moved.
enum Wrapper {
    /// The folder of the programs themselves, which is in no search path.
    static let folder = "libexec/roost"

    enum Loader: Equatable, Sendable {
        /// A loader within the tree, by its path there.
        case bundled(String)
        /// The machine's own loader.
        case machine(String)
    }

    /// `place`: the script's path within the tree, such as `bin/mariadb`. `program`: the path of the program that it
    /// starts. The program gets the script's name as its own, because several programs find their files by it.
    static func script(place: String, program: String, loader: Loader, libraries: [String]) -> String {
        let up = place.split(separator: "/").dropLast().map { _ in ".." }.joined(separator: "/")
        let root = "$here" + (up.isEmpty ? "" : "/\(up)")
        let start =
            switch loader {
            case .bundled(let path): "\(root)/\(escaped(path))"
            case .machine(let path): escaped(path)
            }
        let search = libraries.map { "\(root)/\(escaped($0))" }.joined(separator: ":")
        return """
            #!/bin/sh
            # Written by Roost: starts the program with the libraries that came with it.
            here=${0%/*}
            exec "\(start)" --argv0 "$0" --library-path "\(search)" "\(root)/\(escaped(program))" "$@"

            """
    }

    /// Escapes a text for use within double quotes.
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, letter in
            if "\\\"$`".contains(letter) { result += "\\" }
            result.append(letter)
        }
    }
}
