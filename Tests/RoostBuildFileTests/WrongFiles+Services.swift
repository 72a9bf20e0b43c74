/// Files that are wrong in their services: names and types.
extension WrongFile {
    static let services: [WrongFile] = [
        WrongFile(
            "services without any",
            """
            services:
            """,
            ["1: services: is empty; declare a service, such as data: {type: mysql}"]),
        WrongFile(
            "services as an empty map",
            """
            services: {}
            """,
            ["1: services: is empty; declare a service, such as data: {type: mysql}"]),
        WrongFile(
            "services as a list",
            """
            services:
              - name: data
                type: mysql
            """,
            ["1: services: expected services by name, such as data: {type: mysql}; found a list"]),
        WrongFile(
            "services as a text",
            """
            services: mysql
            """,
            ["1: services: expected services by name, such as data: {type: mysql}; found text"]),
        WrongFile(
            "an empty map",
            """
            {}
            """,
            ["1: the file is empty; declare a service, such as data: {type: mysql}"]),
        WrongFile(
            "a key beside services",
            """
            services:
              data: {type: mysql}
            version: 3
            """,
            ["3: version: unknown key beside 'services'; indent services below 'services'"]),
        WrongFile(
            "a service beside services",
            """
            services:
              data: {type: mysql}
            cache:
              type: mysql
            """,
            ["3: cache: unknown key beside 'services'; indent services below 'services'"]),
        WrongFile(
            "a misspelt services",
            """
            sevices:
              data:
                type: mysql
            """,
            ["1: sevices: unknown key (did you mean 'services'?)"]),
        WrongFile(
            "a capital",
            """
            Services:
              data:
                type: mysql
            """,
            ["1: Services: unknown key (did you mean 'services'?)"]),
        WrongFile(
            "a service name in capitals",
            """
            services:
              Data: {type: mysql}
            """,
            [
                "2: services.Data: 'Data' is not a valid service name: use 1 to 16 of a-z, 0-9 and _, starting with a letter"
            ]),
        WrongFile(
            "a service name with a hyphen",
            """
            services:
              my-data: {type: mysql}
            """,
            [
                "2: services.my-data: 'my-data' is not a valid service name: use 1 to 16 of a-z, 0-9 and _, starting with a letter"
            ]),
        WrongFile(
            "a service name that begins with a digit",
            """
            services:
              2nd: {type: mysql}
            """,
            [
                "2: services.2nd: '2nd' is not a valid service name: use 1 to 16 of a-z, 0-9 and _, starting with a letter"
            ]),
        WrongFile(
            "a service name of 17 letters",
            """
            services:
              abcdefghijklmnopq: {type: mysql}
            """,
            [
                "2: services.abcdefghijklmnopq: 'abcdefghijklmnopq' is not a valid service name: use 1 to 16 of a-z, 0-9 and _, starting with a letter"
            ]),
        WrongFile(
            "a service name with a combining mark",
            "services:\n  data\u{20DD}: {type: mysql}\n",
            [
                "2: services.data\u{20DD}: 'data\u{20DD}' is not a valid service name: use 1 to 16 of a-z, 0-9 and _, starting with a letter"
            ]),
        WrongFile(
            "an empty service name",
            """
            services:
              "": {type: mysql}
            """,
            [
                "2: services.: '' is not a valid service name: use 1 to 16 of a-z, 0-9 and _, starting with a letter"
            ]),
        WrongFile(
            "a service name with an escape sequence",
            #"""
            services:
              "da\e[31mta": {type: mysql}
            """#,
            [
                "2: services.da\u{FFFD}[31mta: 'da\u{FFFD}[31mta' is not a valid service name: use 1 to 16 of a-z, 0-9 and _, starting with a letter"
            ]),
        WrongFile(
            "a service without keys",
            """
            services:
              data:
            """,
            ["2: services.data: expected the service's keys, such as {type: mysql}; found nothing"]),
        WrongFile(
            "a service that is a text",
            """
            services:
              data: mysql
            """,
            ["2: services.data: expected the service's keys, such as {type: mysql}; found text"]),
        WrongFile(
            "a service that is a list",
            """
            services:
              data: [mysql]
            """,
            ["2: services.data: expected the service's keys, such as {type: mysql}; found a list"]),
        WrongFile(
            "a service without a type",
            """
            services:
              data:
                memory: 1G
            """,
            ["2: services.data: 'type' is missing; supported types: bare, mariadb, mysql"]),
        WrongFile(
            "a service with an empty type",
            """
            services:
              data:
                type:
            """,
            ["3: services.data.type: expected one of bare, mariadb, mysql; found nothing"]),
        WrongFile(
            "a type that is a list",
            """
            services:
              data:
                type: [mysql]
            """,
            ["3: services.data.type: expected one of bare, mariadb, mysql; found a list"]),
        WrongFile(
            "a misspelt type",
            """
            services:
              data:
                type: mysq
            """,
            [
                "3: services.data.type: unknown type 'mysq' (did you mean 'mysql'?); supported types: bare, mariadb, mysql"
            ]),
        WrongFile(
            "an unknown type",
            """
            services:
              data:
                type: oracle
            """,
            ["3: services.data.type: unknown type 'oracle'; supported types: bare, mariadb, mysql"]),
        WrongFile(
            "a type in capitals",
            """
            services:
              data:
                type: MySQL
            """,
            [
                "3: services.data.type: unknown type 'MySQL' (did you mean 'mysql'?); supported types: bare, mariadb, mysql"
            ]),
        WrongFile(
            "postgresql",
            """
            services:
              data:
                type: postgresql
                extensions: [postgis]
            """,
            ["3: services.data.type: type 'postgresql' is not supported yet; supported types: bare, mariadb, mysql"]),
        WrongFile(
            "redis",
            """
            services:
              data:
                type: redis
            """,
            ["3: services.data.type: type 'redis' is not supported yet; supported types: bare, mariadb, mysql"]),
        WrongFile(
            "valkey",
            """
            services:
              data:
                type: valkey
            """,
            ["3: services.data.type: type 'valkey' is not supported yet; supported types: bare, mariadb, mysql"]),
        WrongFile(
            "mongodb",
            """
            services:
              data:
                type: mongodb
                instances: 3
            """,
            ["3: services.data.type: type 'mongodb' is not supported yet; supported types: bare, mariadb, mysql"]),
        WrongFile(
            "a type the catalog knows and does not build",
            """
            services:
              data:
                type: sqlite
            """,
            ["3: services.data.type: type 'sqlite' is not supported yet; supported types: bare, mariadb, mysql"]),
        WrongFile(
            "a custom service of dotCloud",
            """
            db:
              type: custom
              builder: ./builder
              process: ~/run
              ports: {mysql: tcp}
            """,
            ["2: db.type: type 'custom' is not supported yet; supported types: bare, mariadb, mysql"]),
        WrongFile(
            "errors of several services at once",
            """
            services:
              data:
                type: mysql
                memory: 1M
                cpus: 0
              Cache:
                type: redis
              more:
                typ: mysql
                config:
                  a:
                  b: []
            """,
            [
                "4: services.data.memory: 1M is too little for type 'mysql', which needs at least 128M",
                "5: services.data.cpus: expected a number of cores from 0.01 to 1024, such as 0.5 or 2; found '0'",
                "6: services.Cache: 'Cache' is not a valid service name: use 1 to 16 of a-z, 0-9 and _, starting with a letter",
                "7: services.Cache.type: type 'redis' is not supported yet; supported types: bare, mariadb, mysql",
                "8: services.more: 'type' is missing; supported types: bare, mariadb, mysql",
                "9: services.more.typ: unknown key (did you mean 'type'?); known keys: type, version, instances, memory, cpus, durability, max_loss, routing, config, databases, expose, accounts, members, verify, notify",
                "11: services.more.config.a: has no value; leave out the key to use the engine's default",
                "12: services.more.config.b: expected a number, a text, true or false; found a list",
            ]),
        WrongFile(
            "dotCloud's form with a wrong name",
            """
            Data:
              type: mysql
            """,
            ["1: Data: 'Data' is not a valid service name: use 1 to 16 of a-z, 0-9 and _, starting with a letter"]),
        WrongFile(
            "dotCloud's form with a wrong key",
            """
            data:
              type: mysql
              approot: app
            """,
            ["3: data.approot: is only valid for type 'custom', which is not supported yet"]),
        WrongFile(
            "dotCloud's form with a service that is none",
            """
            data:
              type: mysql
            www: python
            """,
            ["3: www: expected the service's keys, such as {type: mysql}; found text"]),
    ]
}
