/// Files that are wrong in `config` or `databases`, or in several places.
extension WrongFile {
    static let collections: [WrongFile] = [
        .data(
            "config:",
            "4: services.data.config: expected settings by name, such as {max_connections: 200}, or {} for none; found nothing"
        ),
        .data(
            "config: [max_connections]",
            "4: services.data.config: expected settings by name, such as {max_connections: 200}, or {} for none; found a list"
        ),
        .data(
            "config: max_connections=200",
            "4: services.data.config: expected settings by name, such as {max_connections: 200}, or {} for none; found text"
        ),
        .data(
            "config:\n  max_connections:",
            "5: services.data.config.max_connections: has no value; leave out the key to use the engine's default"),
        .data(
            "config:\n  sql_mode: [STRICT_TRANS_TABLES]",
            "5: services.data.config.sql_mode: expected a number, a text, true or false; found a list"),
        .data(
            "config:\n  innodb: {buffer_pool_size: 1G}",
            "5: services.data.config.innodb: expected a number, a text, true or false; found a map"),
        .data(
            "config:\n  sql_mode: \"A\\nplugin_load=x\"",
            "5: services.data.config.sql_mode: a value must be one line without control characters"),
        .data(
            "config:\n  sql_mode: |\n    A\n    B",
            "5: services.data.config.sql_mode: a value must be one line without control characters"),
        .data(
            "config:\n  \"a\\nplugin_load\": x",
            "5: services.data.config.a\u{FFFD}plugin_load: is not a valid setting name; use 1 to 64 letters, digits, _, - and ., starting with a letter"
        ),
        .data(
            "config:\n  \"a=b\": x",
            "5: services.data.config.a=b: is not a valid setting name; use 1 to 64 letters, digits, _, - and ., starting with a letter"
        ),
        .data(
            "config:\n  \"[mysqld]\": x",
            "5: services.data.config.[mysqld]: is not a valid setting name; use 1 to 64 letters, digits, _, - and ., starting with a letter"
        ),
        .data(
            "config:\n  5: x",
            "5: services.data.config.5: is not a valid setting name; use 1 to 64 letters, digits, _, - and ., starting with a letter"
        ),
        .data(
            "config:\n  sql_mode: " + String(repeating: "x", count: 1025),
            "5: services.data.config.sql_mode: a value can have at most 1024 bytes; this one has 1025"),
        .data(
            "config:\n  max_connections: 200\n  max-connections: 100",
            "6: services.data.config.max-connections: is the same setting as 'max_connections'"),
        .data(
            "config:\n  max_connections: 200\n  max_connections: 100",
            "6: services.data.config.max_connections: is given twice; first on line 5"),
        .data(
            "databases:",
            "4: services.data.databases: expected a list of names, such as [wordpress]; found nothing"),
        .data(
            "databases: wordpress",
            "4: services.data.databases: expected a list of names, such as [wordpress]; found text"),
        .data(
            "databases: {wordpress: utf8}",
            "4: services.data.databases: expected a list of names, such as [wordpress]; found a map"),
        .data(
            "databases: [wordpress, ~]\ncpus: 1",
            "4: services.data.databases.1: expected a database name; found nothing"),
        .data(
            "databases:\n  - name: wordpress",
            "5: services.data.databases.0: expected a database name; found a map"),
        .data(
            "databases: [a/b]",
            "4: services.data.databases.0: 'a/b' is not a valid database name; use 1 to 64 letters, digits, _ and -"),
        .data(
            #"databases: ["a`b"]"#,
            "4: services.data.databases.0: 'a`b' is not a valid database name; use 1 to 64 letters, digits, _ and -"),
        .data(
            "databases: [-x]",
            "4: services.data.databases.0: '-x' is not a valid database name; use 1 to 64 letters, digits, _ and -"),
        .data(
            "databases: [xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]",
            "4: services.data.databases.0: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…' is not a valid database name; use 1 to 64 letters, digits, _ and -"
        ),
        .data(
            "databases:\n  - wordpress\n  - mysql",
            "6: services.data.databases.1: 'mysql' is a system database of the server; choose another name"),
        .data(
            "databases: [Information_Schema]",
            "4: services.data.databases.0: 'Information_Schema' is a system database of the server; choose another name"
        ),
        .data(
            "databases:\n  - wordpress\n  - shop\n  - wordpress",
            "7: services.data.databases.2: database 'wordpress' is listed twice"),
    ]
}
