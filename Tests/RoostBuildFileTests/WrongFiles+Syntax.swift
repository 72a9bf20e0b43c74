/// Files that are wrong in their form: YAML, anchors, keys given twice.
extension WrongFile {
    static let syntax: [WrongFile] = [
        WrongFile(
            "an empty file",
            "",
            ["1: the file is empty; declare a service, such as data: {type: mysql}"]),
        WrongFile(
            "a file of comments",
            """
            # nothing here

            """,
            ["1: the file is empty; declare a service, such as data: {type: mysql}"]),
        WrongFile(
            "a null document",
            """
            ---
            ~
            """,
            ["1: the file is empty; declare a service, such as data: {type: mysql}"]),
        WrongFile(
            "a list at the top",
            """
            - type: mysql
            """,
            ["1: expected services by name, such as data: {type: mysql}; found a list"]),
        WrongFile(
            "a text at the top",
            """
            mysql
            """,
            ["1: expected services by name, such as data: {type: mysql}; found text"]),
        WrongFile(
            "two documents",
            """
            services:
              data: {type: mysql}
            ---
            services:
              more: {type: mysql}
            """,
            ["4: a second document begins here; a build file must be a single document"]),
        WrongFile(
            "a tab for indentation",
            "services:\n  data:\n\ttype: mysql\n",
            ["3: tabs cannot be used for indentation; use spaces"]),
        WrongFile(
            "a tab behind spaces",
            "services:\n  data:\n  \ttype: mysql\n    memory: 1G\n",
            ["3: tabs cannot be used for indentation; use spaces"]),
        WrongFile(
            "a value too many on a line",
            """
            services:
              data: type: mysql
            """,
            [
                "2: not valid YAML: mapping values are not allowed in this context; check the indentation, and quote text that contains ': '"
            ]),
        WrongFile(
            "a key without its colon",
            """
            services:
              data:
                type: mysql
                memory
            """,
            [
                "4: not valid YAML: could not find expected ':' while scanning a simple key; a key ends with a colon"
            ]),
        WrongFile(
            "a service without its colon",
            """
            services:
              data
                type: mysql
            """,
            [
                "3: not valid YAML: mapping values are not allowed in this context; check the indentation, and quote text that contains ': '"
            ]),
        WrongFile(
            "a wrong indentation",
            """
            services:
              data:
                type: mysql
               memory: 1G
            """,
            [
                "4: not valid YAML: did not find expected key while parsing a block mapping that begins on line 2; check the indentation"
            ]),
        WrongFile(
            "a quote that is not closed",
            """
            services:
              data:
                type: "mysql
                memory: 1G
            """,
            [
                "3: not valid YAML: found unexpected end of stream while scanning a quoted scalar; a quote is not closed"
            ]),
        WrongFile(
            "a brace that is not closed",
            """
            services:
              data: {type: mysql
              more: {type: mysql}
            """,
            [
                "3: not valid YAML: did not find expected ',' or '}' while parsing a flow mapping that begins on line 2"
            ]),
        WrongFile(
            "a bracket too many",
            """
            services:
              data: {type: mysql}]
            """,
            [
                "2: not valid YAML: did not find expected key while parsing a block mapping; check the indentation"
            ]),
        WrongFile(
            "a list and a map at once",
            """
            services:
              data:
                - a
                type: mysql
            """,
            [
                "4: not valid YAML: did not find expected '-' indicator while parsing a block collection that begins on line 3; check the indentation"
            ]),
        WrongFile(
            "an unknown escape",
            #"""
            services:
              data:
                type: "my\qsql"
            """#,
            ["3: not valid YAML: found unknown escape character while parsing a quoted scalar"]),
        WrongFile(
            "a control character",
            "services:\n  data:\n    type: my\u{7}sql\n",
            ["3: not valid YAML: control characters are not allowed (U+0007)"]),
        WrongFile(
            "an at sign for a value",
            """
            services:
              data:
                type: @mysql
            """,
            [
                "3: not valid YAML: found character that cannot start any token while scanning for the next token"
            ]),
        WrongFile(
            "nesting without end",
            "services: " + String(repeating: "[", count: 1500),
            ["1: not valid YAML: nested too deeply"]),
        WrongFile(
            "an anchor",
            """
            services:
              data: &base
                type: mysql
            """,
            ["2: services.data: anchors are not supported; write out the value where it is used"]),
        WrongFile(
            "an alias",
            """
            services:
              data: &base
                type: mysql
              more: *base
            """,
            [
                "2: services.data: anchors are not supported; write out the value where it is used",
                "4: services.more: aliases are not supported; write out the value",
            ]),
        WrongFile(
            "an alias for a key",
            """
            services:
              &name data: {type: mysql}
              *name : {type: mysql}
            """,
            [
                "2: services.data: anchors are not supported; write out the value where it is used",
                "3: services: a key must be plain text",
            ]),
        WrongFile(
            "a merge",
            """
            base: &base {type: mysql}
            services:
              data:
                <<: *base
            """,
            [
                "1: base: anchors are not supported; write out the value where it is used",
                "1: base: unknown key beside 'services'; indent services below 'services'",
                "3: services.data: 'type' is missing; supported types: bare, mariadb, mysql",
                "4: services.data.<<: aliases are not supported; write out the value",
                "4: services.data.<<: unknown key; known keys: type, version, instances, memory, cpus, durability, max_loss, routing, config, databases, expose, accounts, members, verify, notify",
            ]),
        WrongFile(
            "a bomb of aliases",
            """
            a: &a [x, x]
            b: &b [*a, *a]
            services:
              data: {type: *b}
            """,
            [
                "1: a: anchors are not supported; write out the value where it is used",
                "1: a: unknown key beside 'services'; indent services below 'services'",
                "2: b: anchors are not supported; write out the value where it is used",
                "2: b.0: aliases are not supported; write out the value",
                "2: b.1: aliases are not supported; write out the value",
                "2: b: unknown key beside 'services'; indent services below 'services'",
                "4: services.data.type: aliases are not supported; write out the value",
            ]),
        WrongFile(
            "a tag",
            """
            services:
              data:
                type: !important mysql
            """,
            ["3: services.data.type: the tag '!important' is not supported; remove it"]),
        WrongFile(
            "a tag on a map",
            """
            services:
              data: !!omap {type: mysql}
            """,
            ["2: services.data: the tag '!!omap' is not supported; remove it"]),
        WrongFile(
            "a map for a key",
            """
            services:
              ? {a: b}
              : {type: mysql}
            """,
            ["2: services: a key must be plain text"]),
        WrongFile(
            "a key given twice",
            """
            services:
              data:
                type: mysql
                memory: 1G
                type: mariadb
            """,
            ["5: services.data.type: is given twice; first on line 3"]),
        WrongFile(
            "a key given twice, once in quotes",
            """
            services:
              data: {type: mysql, "type": mariadb}
            """,
            ["2: services.data.type: is given twice; first on line 2"]),
        WrongFile(
            "a service given three times",
            """
            services:
              data: {type: mysql}
              data: {type: mysql}
              more: {type: mysql}
              data: {type: mysql}
            """,
            [
                "3: services.data: is given twice; first on line 2",
                "5: services.data: is given twice; first on line 2",
            ]),
        WrongFile(
            "services given twice",
            """
            services:
              data: {type: mysql}
            services:
              more: {type: mysql}
            """,
            ["3: services: is given twice; first on line 1"]),
        WrongFile(
            "a key given twice among other errors",
            """
            services:
              data:
                type: mysql
                memroy: 1G
                type: mariadb
                memory: 1
            """,
            [
                "4: services.data.memroy: unknown key (did you mean 'memory'?); known keys: type, version, instances, memory, cpus, durability, max_loss, routing, config, databases, expose, accounts, members, verify, notify",
                "5: services.data.type: is given twice; first on line 3",
                "6: services.data.memory: 1 is too little for type 'mysql', which needs at least 128M; without a unit it means bytes",
            ]),
        WrongFile(
            "a map given twice for a key",
            """
            services:
              ? [a]
              : {type: mysql}
              ? [a]
              : {type: mysql}
            """,
            ["2: a key is given twice"]),
        WrongFile(
            "an undefined directive",
            """
            %FOO bar
            ---
            services:
              data: {type: mysql}
            """,
            ["1: not valid YAML: found unknown directive name while scanning a directive"]),
        WrongFile(
            "a character that is none",
            "services:\n  data: {type: mysql} # \u{10FFFE}\n",
            ["2: the file contains a noncharacter (U+10FFFE or U+10FFFF)"]),
    ]
}
