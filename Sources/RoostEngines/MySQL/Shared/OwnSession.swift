/// Session variables that Roost's sessions on servers of the MySQL family set, so that global settings of users
/// neither change the meaning of its statements nor end its sessions.
enum OwnSession {
    /// Variables that define the meaning of statements, at the server's own defaults. Every server of the family
    /// knows them.
    static let meaning = [
        "sql_mode = ''", "autocommit = 1", "sql_safe_updates = 0", "sql_big_selects = 1",
        "sql_select_limit = 18446744073709551615", "sql_quote_show_create = 1", "completion_type = 0",
        "group_concat_max_len = 1048576", "lock_wait_timeout = 86400", "innodb_lock_wait_timeout = 50",
    ].joined(separator: ", ")

    /// Statement for a connection that is idle between probes. MariaDB reads only the first of the two comments, MySQL
    /// only the second.
    static let connection =
        "SET SESSION \(meaning), wait_timeout = 600, net_read_timeout = 600, net_write_timeout = 600 "
        + "/*M! , max_statement_time = 0, max_recursive_iterations = 1000, idle_transaction_timeout = 0, "
        + "idle_readonly_transaction_timeout = 0, idle_write_transaction_timeout = 0 */ "
        + "/*!80000 , max_execution_time = 0, cte_max_recursion_depth = 1000 */"
}
