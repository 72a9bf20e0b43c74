extension OpenAPI {
    /// Members of `components.schemas`: applications, services, and requests to them.
    static let serviceSchemas = #"""
        "Application": {
          "type": "object",
          "required": ["name", "created_at", "services", "state"],
          "properties": {
            "name": {"type": "string"},
            "created_at": {"type": "string", "format": "date-time"},
            "services": {"type": "array", "items": {"$ref": "#/components/schemas/Service"}},
            "state": {
              "enum": ["creating", "running", "degraded", "down", "stopped"],
              "description": "the worst state of its services"
            }
          },
          "example": {
            "name": "ramen",
            "created_at": "2026-11-21T06:44:06.120Z",
            "services": [],
            "state": "running"
          }
        },
        "Service": {
          "type": "object",
          "required": [
            "application", "service", "type", "engine", "state", "endpoint", "read_endpoint", "ports", "user", "database",
            "url", "password", "memory_bytes", "cpus", "durability", "max_loss_seconds", "verify_every_seconds",
            "routing", "expose", "accounts", "config", "databases", "extensions", "epoch", "limits_enforced", "instances",
            "replication", "paused", "problems", "created_at"
          ],
          "properties": {
            "application": {"type": "string"},
            "service": {"type": "string"},
            "type": {"type": "string", "description": "as in the build file: `mysql`, `mariadb`"},
            "engine": {"type": "string", "description": "pinned at creation"},
            "state": {"enum": ["creating", "running", "degraded", "down", "stopped"]},
            "endpoint": {"$ref": "#/components/schemas/Address"},
            "read_endpoint": {"$ref": "#/components/schemas/Address"},
            "ports": {
              "type": "array",
              "items": {"$ref": "#/components/schemas/Port"},
              "description": "for a custom service, in the order of the build file"
            },
            "user": {"type": "string", "description": "empty for a custom service, as is `database`"},
            "database": {"type": "string"},
            "url": {"type": ["string", "null"], "description": "null unless `show_password` is set"},
            "password": {"type": ["string", "null"], "description": "null unless `show_password` is set"},
            "memory_bytes": {
              "type": "integer",
              "format": "int64",
              "minimum": 0,
              "description": "hard limit of each instance"
            },
            "cpus": {"type": ["number", "null"], "description": "cores; null: no limit"},
            "durability": {"enum": ["sync", "async", "strict"]},
            "max_loss_seconds": {
              "type": ["integer", "null"],
              "description": "for `async`: a failover that may lose writes of a longer time waits for consent; null: as 0"
            },
            "verify_every_seconds": {
              "type": ["integer", "null"],
              "description": "time from the end of a comparison of the members to the next one; null: they are compared on request only"
            },
            "routing": {"enum": ["primary", "split"]},
            "expose": {"enum": ["local", "network"]},
            "accounts": {
              "enum": ["open", "managed"],
              "description": "`managed`: the application user cannot create users; use `roost user add SERVICE NAME`"
            },
            "config": {"type": "object", "additionalProperties": {"type": "string"}},
            "databases": {"type": "array", "items": {"type": "string"}},
            "extensions": {"type": "array", "items": {"type": "string"}, "description": "PostgreSQL only"},
            "epoch": {"type": "integer", "minimum": 0},
            "limits_enforced": {"type": "boolean", "description": "false if cgroups are not writable"},
            "instances": {"type": "array", "items": {"$ref": "#/components/schemas/Instance"}},
            "replication": {"$ref": "#/components/schemas/Replication"},
            "paused": {
              "anyOf": [{"$ref": "#/components/schemas/Pause"}, {"type": "null"}],
              "description": "null unless the service is paused: Roost then takes no step on it by itself"
            },
            "problems": {
              "type": "array",
              "items": {"type": "string"},
              "description": "current problems, one sentence each"
            },
            "created_at": {"type": "string", "format": "date-time"}
          },
          "example": {
            "application": "ramen",
            "service": "data",
            "type": "mysql",
            "engine": "mariadb@10.11.19",
            "state": "running",
            "endpoint": {"host": "127.0.0.1", "port": 21000},
            "read_endpoint": {"host": "127.0.0.1", "port": 21001},
            "ports": [],
            "user": "root",
            "database": "data",
            "url": null,
            "password": null,
            "memory_bytes": 536870912,
            "cpus": null,
            "durability": "sync",
            "max_loss_seconds": null,
            "verify_every_seconds": null,
            "routing": "primary",
            "expose": "local",
            "accounts": "open",
            "config": {"max_connections": "200"},
            "databases": [],
            "extensions": [],
            "epoch": 3,
            "limits_enforced": true,
            "instances": [
              {
                "name": "data.0",
                "role": "primary",
                "state": "up",
                "host": "local",
                "port": 22000,
                "pid": 4242,
                "replication_lag_seconds": null,
                "synchronous": null,
                "priority": 1,
                "delay_seconds": null,
                "storage": "shared",
                "reason": null
              }
            ],
            "replication": {"status": "none", "mode": null, "at_risk_seconds": 0, "last_comparison": null},
            "paused": null,
            "problems": [],
            "created_at": "2026-11-21T06:44:06.120Z"
          }
        },
        "Address": {
          "type": "object",
          "required": ["host", "port"],
          "properties": {"host": {"type": "string"}, "port": {"type": "integer", "minimum": 1, "maximum": 65535}},
          "example": {"host": "127.0.0.1", "port": 21000}
        },
        "Instance": {
          "type": "object",
          "required": [
            "name", "role", "state", "host", "port", "pid", "replication_lag_seconds", "synchronous", "priority",
            "delay_seconds", "storage", "reason"
          ],
          "properties": {
            "name": {"type": "string"},
            "role": {"type": "string"},
            "state": {"enum": ["creating", "starting", "up", "down", "stopped"]},
            "host": {"type": "string"},
            "port": {
              "type": "integer",
              "minimum": 1,
              "maximum": 65535,
              "description": "its stable port on the router"
            },
            "pid": {"type": ["integer", "null"]},
            "replication_lag_seconds": {"type": ["number", "null"]},
            "synchronous": {
              "type": ["boolean", "null"],
              "description": "whether this replica may be the one that acknowledges a commit; null for the primary"
            },
            "priority": {
              "type": "integer",
              "minimum": 0,
              "maximum": 100,
              "description": "of the members that may take over, one with the highest priority does; 0: never promoted"
            },
            "delay_seconds": {
              "type": ["integer", "null"],
              "description": "how far the instance stays behind on purpose while it is a replica; null: it does not"
            },
            "storage": {
              "enum": ["shared", "separate"],
              "description": "separate: its data is a full copy that shares no block with another instance's"
            },
            "reason": {"type": ["string", "null"], "description": "why the instance is not up, or gets no new connections"}
          },
          "example": {
            "name": "data.0",
            "role": "primary",
            "state": "up",
            "host": "local",
            "port": 22000,
            "pid": 4242,
            "replication_lag_seconds": null,
            "synchronous": null,
            "priority": 1,
            "delay_seconds": null,
            "storage": "shared",
            "reason": null
          }
        },
        "Replication": {
          "type": "object",
          "required": ["status", "mode", "at_risk_seconds", "last_comparison"],
          "properties": {
            "status": {"enum": ["none", "online", "catching_up", "broken"]},
            "mode": {"type": ["string", "null"]},
            "at_risk_seconds": {"type": "number"},
            "last_comparison": {
              "anyOf": [{"$ref": "#/components/schemas/LastComparison"}, {"type": "null"}],
              "description": "the last comparison of the members that ended with a result; null: there was none"
            }
          },
          "example": {"status": "none", "mode": null, "at_risk_seconds": 0, "last_comparison": null}
        },
        "LastComparison": {
          "type": "object",
          "required": ["ended_at", "operation", "equal", "summary"],
          "properties": {
            "ended_at": {"type": "string", "format": "date-time"},
            "operation": {"type": "string", "description": "the operation with the tables, as long as it is kept"},
            "equal": {"type": "boolean", "description": "whether every table of every replica was compared and is equal"},
            "summary": {"type": "string"}
          },
          "example": {
            "ended_at": "2026-11-21T06:04:06.120Z", "operation": "op-m9-1", "equal": true,
            "summary": "17 tables equal on 2 members"
          }
        },
        "ReplicationState": {
          "type": "object",
          "required": ["application", "service", "primary", "epoch", "replication", "instances"],
          "properties": {
            "application": {"type": "string"},
            "service": {"type": "string"},
            "primary": {"type": ["string", "null"]},
            "epoch": {"type": "integer"},
            "replication": {"$ref": "#/components/schemas/Replication"},
            "instances": {"type": "array", "items": {"$ref": "#/components/schemas/Instance"}}
          },
          "example": {
            "application": "ramen", "service": "data", "primary": "data.0", "epoch": 3,
            "replication": {"status": "none", "mode": null, "at_risk_seconds": 0, "last_comparison": null},
            "instances": []
          }
        },
        "Environment": {
          "type": "object",
          "required": ["variables"],
          "properties": {"variables": {"type": "object", "additionalProperties": {"type": "string"}}},
          "example": {"variables": {"DATA_MYSQL_HOST": "127.0.0.1", "DATA_MYSQL_PORT": "21000"}}
        },
        "PushRequest": {
          "type": "object",
          "required": ["build_file", "file_name"],
          "properties": {
            "build_file": {"type": "string", "description": "the file's text, at most 1 MiB"},
            "file_name": {"type": "string", "description": "for the diagnostics"},
            "dry_run": {"type": ["boolean", "null"]},
            "yes": {"type": ["boolean", "null"], "description": "confirms changes that reduce a service"},
            "sources": {
              "type": ["object", "null"],
              "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,15}$"},
              "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
              "description": "the SHA-256 of the source (a tar file) of each custom service"
            },
            "install_packages": {
              "type": ["boolean", "null"],
              "description": "install missing system packages; not allowed for tokens of one application"
            }
          },
          "additionalProperties": false,
          "example": {"build_file": "services: {data: {type: mysql}}", "file_name": "roost.yml"}
        },
        "PushAnswer": {
          "type": "object",
          "required": ["changes", "notes", "operation", "needed_sources"],
          "properties": {
            "needed_sources": {
              "type": "array",
              "items": {"$ref": "#/components/schemas/NeededSource"},
              "description": "if not empty, nothing was changed: upload these sources and push again"
            },
            "changes": {"type": "array", "items": {"$ref": "#/components/schemas/ServiceChange"}},
            "notes": {
              "type": "array",
              "items": {"type": "string"},
              "description": "remarks, such as services that are no longer in the file"
            },
            "operation": {
              "anyOf": [{"$ref": "#/components/schemas/Operation"}, {"type": "null"}],
              "description": "null if nothing changes, and with `dry_run`"
            }
          },
          "example": {
            "changes": [
              {"service": "data", "kind": "change", "fields": [{"key": "memory", "from": "512M", "to": "1G"}]}
            ],
            "notes": [],
            "operation": {
              "id": "op_1f0c",
              "kind": "push",
              "application": "ramen",
              "service": null,
              "state": "running",
              "steps": [{"name": "data: take ready directory", "milliseconds": 4}],
              "error": null,
              "result": null,
              "notes": [],
              "progress": null,
              "current_step": null,
              "output": null,
              "comparison": null,
              "promotion": null,
              "started_at": "2026-11-21T06:44:06.120Z",
              "ended_at": null
            },
            "needed_sources": []
          }
        },
        "NeededSource": {
          "type": "object",
          "required": ["service", "approot", "digest"],
          "properties": {
            "service": {"type": "string"},
            "approot": {"type": "string", "description": "the folder to upload, relative to the build file"},
            "digest": {
              "type": ["string", "null"],
              "description": "the digest that the request named and that must be uploaded first; null: it named none"
            }
          },
          "example": {"service": "web", "approot": ".", "digest": null}
        },
        "Port": {
          "type": "object",
          "required": ["name", "kind", "host", "port"],
          "properties": {
            "name": {"type": "string"},
            "kind": {"enum": ["tcp", "http"]},
            "host": {"type": "string"},
            "port": {"type": "integer", "minimum": 1, "maximum": 65535}
          },
          "example": {"name": "www", "kind": "http", "host": "127.0.0.1", "port": 21004}
        },
        "ServiceChange": {
          "type": "object",
          "required": ["service", "kind", "fields"],
          "properties": {
            "service": {"type": "string"},
            "kind": {"enum": ["create", "change", "none"]},
            "fields": {"type": "array", "items": {"$ref": "#/components/schemas/FieldChange"}}
          },
          "example": {
            "service": "data",
            "kind": "change",
            "fields": [{"key": "memory", "from": "512M", "to": "1G"}]
          }
        },
        "FieldChange": {
          "type": "object",
          "required": ["key", "from", "to"],
          "properties": {
            "key": {"type": "string"},
            "from": {"type": ["string", "null"]},
            "to": {"type": ["string", "null"]}
          },
          "example": {"key": "memory", "from": "512M", "to": "1G"}
        },
        "ScaleRequest": {
          "type": "object",
          "properties": {
            "instances": {"type": ["integer", "null"], "minimum": 1, "maximum": 2147483647},
            "memory": {"$ref": "#/components/schemas/Size"},
            "cpus": {"anyOf": [{"const": 0}, {"type": "number", "minimum": 0.01, "maximum": 1024}, {"type": "null"}], "description": "0 removes the limit"},
            "drain_seconds": {
              "type": ["number", "null"],
              "minimum": 0,
              "maximum": 60,
              "description": "with fewer instances: time for connections to the replicas that leave to end before they are closed; null: none"
            },
            "dry_run": {"type": ["boolean", "null"]},
            "yes": {"type": ["boolean", "null"], "description": "confirms fewer instances"}
          },
          "additionalProperties": false,
          "example": {"memory": "1G"}
        },
        "RestartRequest": {
          "type": "object",
          "properties": {
            "instance": {"type": ["integer", "null"], "minimum": 0, "maximum": 2147483647, "description": "null: all instances"}
          },
          "additionalProperties": false,
          "example": {"instance": 0}
        },
        "ResyncRequest": {
          "type": "object",
          "required": ["instance"],
          "properties": {
            "instance": {"type": "integer", "minimum": 0, "maximum": 2147483647, "description": "the number of a replica"},
            "dry_run": {"type": ["boolean", "null"]}
          },
          "additionalProperties": false,
          "example": {"instance": 1}
        },
        "DestroyAnswer": {
          "type": "object",
          "required": ["services", "snapshots", "operation"],
          "properties": {
            "services": {"type": "array", "items": {"type": "string"}},
            "snapshots": {
              "type": "object",
              "additionalProperties": {"type": "string"},
              "description": "ids of the kept snapshots, by service"
            },
            "operation": {"anyOf": [{"$ref": "#/components/schemas/Operation"}, {"type": "null"}]}
          },
          "example": {
            "services": ["data"],
            "snapshots": {"data": "20261121-064406"},
            "operation": {
              "id": "op_1f0c",
              "kind": "push",
              "application": "ramen",
              "service": null,
              "state": "running",
              "steps": [{"name": "data: take ready directory", "milliseconds": 4}],
              "error": null,
              "result": null,
              "notes": [],
              "progress": null,
              "current_step": null,
              "output": null,
              "comparison": null,
              "promotion": null,
              "started_at": "2026-11-21T06:44:06.120Z",
              "ended_at": null
            }
          }
        },
        "RestoreRequest": {
          "type": "object",
          "properties": {
            "confirm": {
              "type": ["string", "null"],
              "description": "the service's name, required if it still exists: its current data is replaced, and kept as a snapshot"
            },
            "dry_run": {"type": ["boolean", "null"]}
          },
          "additionalProperties": false,
          "example": {"confirm": "data"}
        },
        "ClientOfferRequest": {
          "type": "object",
          "required": ["arguments"],
          "properties": {
            "arguments": {
              "type": "array",
              "items": {"type": "string"},
              "description": "a command with its arguments; empty: the default client"
            },
            "instance": {"type": ["integer", "null"], "minimum": 0, "maximum": 2147483647, "description": "null: the endpoint"},
            "ends_at_first_error": {
              "type": ["boolean", "null"],
              "description": "for statements from a file or a pipe: the client stops at the first statement that fails"
            },
            "export": {
              "type": ["string", "null"],
              "description": "if set, returns the program that dumps the database to standard output; empty: in the engine's usual format",
              "enum": ["", "sql", "custom", "tar", "rdb", "archive", null]
            },
            "database": {"type": ["string", "null"], "description": "the database to export; null: the service's own"}
          },
          "additionalProperties": false,
          "example": {"arguments": ["mysql", "-e", "select 1"], "instance": null}
        },
        "ClientOffer": {
          "type": "object",
          "required": ["arguments", "environment", "unset", "files", "path"],
          "properties": {
            "arguments": {"type": "array", "items": {"type": "string"}},
            "environment": {"type": "object", "additionalProperties": {"type": "string"}},
            "unset": {
              "type": "array",
              "items": {"type": "string"},
              "description": "variables to unset, because they would point the client to another database"
            },
            "files": {
              "type": "object",
              "additionalProperties": {"type": "string"},
              "description": "by name; `{files}` in arguments, environment and path is a placeholder for their folder"
            },
            "path": {"type": "array", "items": {"type": "string"}}
          },
          "example": {
            "arguments": ["mysql", "-e", "select 1"],
            "environment": {"MYSQL_HOME": "{files}"},
            "unset": ["MYSQL_UNIX_PORT"],
            "files": {"my.cnf": "[client]"},
            "path": ["/usr/bin"]
          }
        }
        """#
}
