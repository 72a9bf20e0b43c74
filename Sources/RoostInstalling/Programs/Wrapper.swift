/// The script that stands in a program's place where it must be started through a loader with libraries of its own. Pure.
///
/// It finds everything from its own place, so that it is proven where the tree is made ready and still right where it is
/// installed, and a home can be moved.
enum Wrapper {
    /// Where the programs themselves go: outside of every path.
    static let folder = "libexec/roost"

    enum Loader: Equatable, Sendable {
        /// Within the tree.
        case bundled(String)
        /// The machine's own.
        case machine(String)
    }

    /// `place`: where the script stands within the tree, as `bin/mariadb`. `program`: what it starts.
    /// The program is told the script's name, because several find their own files from it.
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

    /// For a place within double quotes.
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, letter in
            if "\\\"$`".contains(letter) { result += "\\" }
            result.append(letter)
        }
    }
}
