/// What Roost's own sessions on servers of the MySQL family set for themselves, so that what people set for everybody neither
/// changes what its statements mean nor ends them.
enum OwnSession {
    /// Of a session that nobody waits in: the server's own at its start. Known to every server of the family.
    static let meaning = [
        "sql_mode = ''", "autocommit = 1", "sql_safe_updates = 0", "sql_big_selects = 1",
        "sql_select_limit = 18446744073709551615", "sql_quote_show_create = 1", "completion_type = 0",
        "group_concat_max_len = 1048576", "lock_wait_timeout = 86400", "innodb_lock_wait_timeout = 50",
    ].joined(separator: ", ")

    /// Of a connection, which is idle between looks. Each of the comments is read by one of the two families of servers.
    static let connection =
        "SET SESSION \(meaning), wait_timeout = 600, net_read_timeout = 600, net_write_timeout = 600 "
        + "/*M! , max_statement_time = 0, max_recursive_iterations = 1000, idle_transaction_timeout = 0, "
        + "idle_readonly_transaction_timeout = 0, idle_write_transaction_timeout = 0 */ "
        + "/*!80000 , max_execution_time = 0, cte_max_recursion_depth = 1000 */"
}
