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
        "'\(line)' includes another file, but roostd has only the dump; in the folder of the unpacked dump, run "
            + "'roost import SERVICE FILE' or 'roost template add NAME --dump FILE', or merge the files there "
            + "with \(command(beginnings)) and use whole.sql"
    }
}
