/// Files that are wrong in a single value.
extension WrongFile {
    static let keys: [WrongFile] = [
        .data(
            "memmory: 1G",
            "4: services.data.memmory: unknown key (did you mean 'memory'?); known keys: type, version, instances, memory, cpus, durability, max_loss, routing, config, databases, expose, accounts, members, verify, notify"
        ),
        .data(
            "Memory: 1G",
            "4: services.data.Memory: unknown key (did you mean 'memory'?); known keys: type, version, instances, memory, cpus, durability, max_loss, routing, config, databases, expose, accounts, members, verify, notify"
        ),
        .data(
            "image: mysql:8",
            "4: services.data.image: unknown key; known keys: type, version, instances, memory, cpus, durability, max_loss, routing, config, databases, expose, accounts, members, verify, notify"
        ),
        .data(
            "extensions: [postgis]",
            "4: services.data.extensions: is only valid for type 'postgresql', which is not supported yet"),
        .data(
            "systempackages: [libaio1]",
            "4: services.data.systempackages: is only valid for type 'custom', which is not supported yet"),
        .data(
            #"backups: {to: /mnt/backup, schedule: "0 3 * * *", keep: 14}"#,
            "4: services.data.backups: is not supported yet; remove it"),
        .data(
            "version: newest",
            #"4: services.data.version: 'newest' is not a valid version; use numbers and dots, such as "10.11"; installed versions: 11.4.2, 10.11.19"#
        ),
        .data(
            "version: 10..11",
            #"4: services.data.version: '10..11' is not a valid version; use numbers and dots, such as "10.11"; installed versions: 11.4.2, 10.11.19"#
        ),
        .data(
            #"version: "12.0""#,
            "4: services.data.version: no engine of version 12.0 is installed for type 'mysql'; installed versions: 11.4.2, 10.11.19"
        ),
        .data(
            #"version: "10.1""#,
            "4: services.data.version: no engine of version 10.1 is installed for type 'mysql'; installed versions: 11.4.2, 10.11.19"
        ),
        .data(
            "version: [10, 11]",
            #"4: services.data.version: expected a version, such as "10.11"; found a list"#),
        .data(
            "version:",
            #"4: services.data.version: expected a version, such as "10.11"; found nothing"#),
        WrongFile(
            "a version for a type without an engine",
            """
            services:
              data:
                type: bare
                version: "10.11"
            """,
            [
                "4: services.data.version: no engine of version 10.11 is installed for type 'bare'; none is installed, see 'roost engine ls'"
            ]),
        .data(
            "instances: 2",
            "4: services.data.instances: more than 1 instance of type 'mysql' is not supported yet; use 1"),
        .data(
            "instances: 0",
            "4: services.data.instances: a service needs at least 1 instance"),
        .data(
            "instances: -1",
            "4: services.data.instances: expected a whole number, such as 1; found '-1'"),
        .data(
            "instances: 1.5",
            "4: services.data.instances: expected a whole number, such as 1; found '1.5'"),
        .data(
            #"instances: "1""#,
            #"4: services.data.instances: expected a whole number, such as 1; found the text "1""#),
        .data(
            "instances: one",
            "4: services.data.instances: expected a whole number, such as 1; found 'one'"),
        .data(
            "instances: 99999999999999999999",
            "4: services.data.instances: expected a whole number, such as 1; found '99999999999999999999'"),
        .data(
            "memory: much",
            "4: services.data.memory: 'much' is not a valid amount of memory; use a number with K, M, G or T, such as 512M"
        ),
        .data(
            "memory: 512Q",
            "4: services.data.memory: '512Q' is not a valid amount of memory; use a number with K, M, G or T, such as 512M"
        ),
        .data(
            "memory: 512 M",
            "4: services.data.memory: '512 M' is not a valid amount of memory; use a number with K, M, G or T, such as 512M"
        ),
        .data(
            "memory: 0",
            "4: services.data.memory: '0' is not a valid amount of memory; use a number with K, M, G or T, such as 512M"
        ),
        .data(
            "memory: -1G",
            "4: services.data.memory: '-1G' is not a valid amount of memory; use a number with K, M, G or T, such as 512M"
        ),
        .data(
            "memory: 99999999999T",
            "4: services.data.memory: '99999999999T' is not a valid amount of memory; use a number with K, M, G or T, such as 512M"
        ),
        .data(
            "memory: 512",
            "4: services.data.memory: 512 is too little for type 'mysql', which needs at least 128M; without a unit it means bytes (did you mean 512M?)"
        ),
        .data(
            "memory: 64M",
            "4: services.data.memory: 64M is too little for type 'mysql', which needs at least 128M"),
        .data(
            "memory: 1000",
            "4: services.data.memory: 1000 is too little for type 'mysql', which needs at least 128M; without a unit it means bytes (did you mean 1000M?)"
        ),
        .data(
            "memory: {limit: 1G}",
            "4: services.data.memory: expected an amount of memory, such as 512M or 1G; found a map"),
        .data(
            "cpus: 0",
            "4: services.data.cpus: expected a number of cores from 0.01 to 1024, such as 0.5 or 2; found '0'"),
        .data(
            "cpus: 0.001",
            "4: services.data.cpus: expected a number of cores from 0.01 to 1024, such as 0.5 or 2; found '0.001'"),
        .data(
            "cpus: 1025",
            "4: services.data.cpus: expected a number of cores from 0.01 to 1024, such as 0.5 or 2; found '1025'"),
        .data(
            "cpus: -1",
            "4: services.data.cpus: expected a number of cores from 0.01 to 1024, such as 0.5 or 2; found '-1'"),
        .data(
            "cpus: two",
            "4: services.data.cpus: expected a number of cores from 0.01 to 1024, such as 0.5 or 2; found 'two'"),
        .data(
            #"cpus: "2""#,
            #"4: services.data.cpus: expected a number of cores from 0.01 to 1024, such as 0.5 or 2; found the text "2""#
        ),
        .data(
            "cpus: .inf",
            "4: services.data.cpus: expected a number of cores from 0.01 to 1024, such as 0.5 or 2; found '.inf'"),
        .data(
            "cpus: 0x2",
            "4: services.data.cpus: expected a number of cores from 0.01 to 1024, such as 0.5 or 2; found '0x2'"),
        .data(
            "cpus: 1e1",
            "4: services.data.cpus: expected a number of cores from 0.01 to 1024, such as 0.5 or 2; found '1e1'"),
        .data(
            "durability: snyc",
            "4: services.data.durability: expected one of sync, async, strict; found 'snyc' (did you mean 'sync'?)"),
        .data(
            "durability: {mode: async, max_loss: 10s}",
            "4: services.data.durability: expected one of sync, async, strict; found a map"),
        .data(
            "max_loss: 10",
            "4: services.data.max_loss: expected 0s, or a time from 5s to 24h, such as 10s or 5m; found '10'"),
        .data(
            "max_loss: 4s",
            "4: services.data.max_loss: expected 0s, or a time from 5s to 24h, such as 10s or 5m; found '4s'"),
        .data(
            "max_loss: 25h",
            "4: services.data.max_loss: expected 0s, or a time from 5s to 24h, such as 10s or 5m; found '25h'"),
        .data(
            "max_loss: 99999999999999999999s",
            "4: services.data.max_loss: expected 0s, or a time from 5s to 24h, such as 10s or 5m; found '99999999999999999999s'"
        ),
        .data(
            "max_loss: {seconds: 10}",
            "4: services.data.max_loss: expected 0s, or a time from 5s to 24h, such as 10s or 5m; found a map"),
        .data(
            "routing: random",
            "4: services.data.routing: expected one of primary, split; found 'random'"),
        .data(
            "routing: split",
            "4: services.data.routing: 'split' is not supported yet; use primary"),
        .data(
            "expose: public",
            "4: services.data.expose: expected one of local, network; found 'public'"),
        .data(
            "expose: Network",
            "4: services.data.expose: expected one of local, network; found 'Network' (did you mean 'network'?)"),
        .data(
            "expose: true",
            "4: services.data.expose: expected one of local, network; found 'true'"),
        .data(
            "accounts: closed",
            "4: services.data.accounts: expected one of open, managed; found 'closed'"),
    ]
}
