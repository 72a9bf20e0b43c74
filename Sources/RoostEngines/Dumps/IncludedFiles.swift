/// Lines of a dump that include another file of the host where the dump was written. Pure.
///
/// The daemon has only the dump, and never opens a path that a dump names.
enum IncludedFiles {
    /// The beginnings of such lines, in the syntax of `sed -E`.
    static let mysql = #"(source|\\\.)"#
    static let postgresql = #"\\(i|ir|include|include_relative)"#

    /// A command that replaces each such line by the file it names, to be run in the folder of the files. Names with
    /// characters that are special to a shell are left alone.
    static func command(_ beginnings: String) -> String {
        "sed -E 's,^\(beginnings) +([A-Za-z0-9_./-]+)[ ;]*$,cat -- \\2,e' FILE > whole.sql"
    }

    static func words(of line: String, _ beginnings: String) -> String {
        "'\(line)' names another file, and roostd has the dump alone; name the dump itself, unpacked, where its files lie "
            + "('roost import SERVICE FILE', 'roost template add NAME --dump FILE'), or make one of them in their folder "
            + "with \(command(beginnings)) and take whole.sql"
    }
}
