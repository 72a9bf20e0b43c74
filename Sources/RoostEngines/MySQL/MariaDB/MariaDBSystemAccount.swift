/// The locked account as which the server's own views and routines run. Without it, `mysql.user` and imports fail
/// with error 1449.
enum MariaDBSystemAccount {
    static let isIt = "User = 'mariadb.sys' AND Host = 'localhost'"

    private static let isLocked =
        "EXISTS (SELECT 1 FROM mysql.global_priv WHERE \(isIt) AND \(MariaDBAccountFacts.access) = 0 "
        + "AND JSON_VALUE(Priv, '$.account_locked') = '1')"
    private static let mayRead =
        "(SELECT COALESCE(GROUP_CONCAT(CONCAT(Db, '.', Table_name, ':', Table_priv)), '') FROM mysql.tables_priv "
        + "WHERE \(isIt)) = 'mysql.global_priv:Select,Delete'"

    /// SQL expression, 1 or 0.
    static let isRight = "(\(isLocked) AND \(mayRead))"

    /// Restores the account as `mariadb_system_tables.sql` creates it. Writes only if the account differs.
    static let statements = [
        "IF NOT \(isLocked) THEN REPLACE INTO mysql.global_priv (Host, User, Priv) VALUES ('localhost', 'mariadb.sys', "
            + "'{\"access\":0,\"plugin\":\"mysql_native_password\",\"authentication_string\":\"\",\"account_locked\":true,"
            + "\"password_last_changed\":0}'); END IF",
        "IF NOT \(mayRead) THEN DELETE FROM mysql.tables_priv WHERE \(isIt); "
            + "INSERT INTO mysql.tables_priv (Host, Db, User, Table_name, Grantor, Timestamp, Table_priv) VALUES "
            + "('localhost', 'mysql', 'mariadb.sys', 'global_priv', 'root@localhost', '0', 'Select,Delete'); END IF",
    ]
}
