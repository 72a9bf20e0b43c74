/// Lines of a dump that name another file, which lies where the dump was written. Pure.
///
/// The daemon has the dump alone, and never opens a path that a dump names.
enum IncludedFiles {
    /// The beginnings of such lines, as `sed -E` knows them.
    static let mysql = #"(source|\\\.)"#
    static let postgresql = #"\\(i|ir|include|include_relative)"#

    /// Puts each file in the place of the line that names it, in the folder where they lie. Names that a shell would take for
    /// more than a name stay.
    static func command(_ beginnings: String) -> String {
        "sed -E 's,^\(beginnings) +([A-Za-z0-9_./-]+)[ ;]*$,cat -- \\2,e' FILE > whole.sql"
    }

    static func words(of line: String, _ beginnings: String) -> String {
        "'\(line)' names another file, and roostd has the dump alone; name the dump itself, unpacked, where its files lie "
            + "('roost import SERVICE FILE', 'roost template add NAME --dump FILE'), or make one of them in their folder "
            + "with \(command(beginnings)) and take whole.sql"
    }
}
