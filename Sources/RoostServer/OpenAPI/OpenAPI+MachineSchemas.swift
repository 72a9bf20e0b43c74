extension OpenAPI {
    /// Members of `components.schemas`: operations, events, the machine, access and problems.
    static let machineSchemas = #"""
        "Operation": {
          "type": "object",
          "required": [
            "id", "kind", "application", "service", "state", "steps", "error", "result", "notes",
            "progress", "current_step", "output", "comparison", "promotion", "started_at", "ended_at"
          ],
          "properties": {
            "id": {"type": "string"},
            "kind": {
              "type": "string",
              "description": "`push`, `scale`, `promote`, `failover`, `restart`, `destroy`, `restore`, `password`, `replication_passwords`, `engine_add`, `snapshot`, `clone`, `reset`, `template`, `storage_init`, `storage_grow`, `storage_move`, `import`, `verify`"
            },
            "application": {"type": ["string", "null"], "description": "null: the operation concerns the machine"},
            "service": {"type": ["string", "null"]},
            "state": {"enum": ["running", "done", "failed"]},
            "steps": {"type": "array", "items": {"$ref": "#/components/schemas/Step"}},
            "error": {"type": ["string", "null"], "description": "why it failed"},
            "result": {"type": ["string", "null"], "description": "what was created, such as `mysql@9.7.4` or a clone's name"},
            "notes": {"type": "array", "items": {"type": "string"}, "description": "remarks about the result"},
            "progress": {"type": ["string", "null"], "description": "progress of the current step"},
            "current_step": {"anyOf": [{"$ref": "#/components/schemas/RunningStep"}, {"type": "null"}]},
            "output": {"anyOf": [{"$ref": "#/components/schemas/StepOutput"}, {"type": "null"}]},
            "comparison": {
              "anyOf": [{"$ref": "#/components/schemas/MembersComparison"}, {"type": "null"}],
              "description": "the result of a `verify` that is done; null for other kinds"
            },
            "promotion": {
              "anyOf": [{"$ref": "#/components/schemas/Promotion"}, {"type": "null"}],
              "description": "what a dry run of `promote` found; null for others"
            },
            "started_at": {"type": "string", "format": "date-time"},
            "ended_at": {"type": ["string", "null"], "format": "date-time"}
          },
          "example": {
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
        },
        "RunningStep": {
          "type": "object",
          "required": ["name", "started_at", "bytes", "total_bytes"],
          "properties": {
            "name": {"type": "string"},
            "started_at": {"type": "string", "format": "date-time"},
            "bytes": {"type": ["integer", "null"], "format": "int64", "minimum": 0, "description": "for a load: bytes read so far"},
            "total_bytes": {"type": ["integer", "null"], "format": "int64", "minimum": 0}
          },
          "example": {"name": "import", "started_at": "2026-11-21T06:44:06.120Z", "bytes": 1048576, "total_bytes": null}
        },
        "StepOutput": {
          "type": "object",
          "required": ["count", "lines"],
          "properties": {
            "count": {"type": "integer", "minimum": 0, "description": "number of lines that the builder printed"},
            "lines": {
              "type": "array",
              "items": {"type": "string"},
              "description": "the last 100 lines; only for callers that may change the application"
            }
          },
          "example": {"count": 2, "lines": ["fetching", "done"]}
        },
        "Step": {
          "type": "object",
          "required": ["name", "milliseconds"],
          "properties": {"name": {"type": "string"}, "milliseconds": {"type": "integer", "minimum": 0}},
          "example": {"name": "data: take ready directory", "milliseconds": 4}
        },
        "Event": {
          "type": "object",
          "required": ["id", "time", "application", "service", "instance", "kind", "message", "count", "last_time"],
          "properties": {
            "id": {"type": "integer", "format": "int64", "description": "grows with each event"},
            "time": {"type": "string", "format": "date-time"},
            "application": {"type": ["string", "null"]},
            "service": {"type": ["string", "null"]},
            "instance": {"type": ["string", "null"]},
            "kind": {"type": "string", "description": "`instance_started`, `instance_exited`, …"},
            "message": {"type": "string"},
            "count": {
              "type": "integer", "minimum": 1,
              "description": "number of occurrences; a repeated problem is one event, with the latest message"
            },
            "last_time": {"type": "string", "format": "date-time", "description": "time of the last occurrence; `time` is the first"}
          },
          "example": {
            "id": 7,
            "time": "2026-11-21T06:44:06.120Z",
            "application": "ramen",
            "service": "data",
            "instance": "data.0",
            "kind": "instance_started",
            "message": "data.0 answers after 85 ms",
            "count": 1,
            "last_time": "2026-11-21T06:44:06.120Z"
          }
        },
        "Snapshot": {
          "type": "object",
          "required": [
            "id", "application", "service", "engine", "reason", "method", "pause_milliseconds",
            "created_at", "expires_at", "size_bytes"
          ],
          "properties": {
            "id": {"type": "string"},
            "application": {"type": "string"},
            "service": {"type": "string"},
            "engine": {"type": "string"},
            "reason": {"type": "string", "description": "`manual`, `clone`, `destroy`, `restore`, …"},
            "method": {"type": "string", "description": "`rename`, `reflink`, `copy` or the engine's own method"},
            "pause_milliseconds": {
              "type": ["number", "null"],
              "description": "how long writes were paused; null: no server was running"
            },
            "created_at": {"type": "string", "format": "date-time"},
            "expires_at": {"type": ["string", "null"], "format": "date-time"},
            "size_bytes": {"type": "integer", "format": "int64", "minimum": 0}
          },
          "example": {
            "id": "20261121-064406",
            "application": "ramen",
            "service": "data",
            "engine": "mariadb@10.11.19",
            "reason": "destroy",
            "method": "rename",
            "pause_milliseconds": null,
            "created_at": "2026-11-21T06:44:06.120Z",
            "expires_at": "2026-11-28T06:44:06.120Z",
            "size_bytes": 125829120
          }
        },
        "Engine": {
          "type": "object",
          "required": [
            "engine", "types", "origin", "ready_directories", "used_by", "size_bytes", "added_at"
          ],
          "properties": {
            "engine": {"type": "string"},
            "types": {"type": "array", "items": {"type": "string"}},
            "origin": {"type": "string"},
            "ready_directories": {
              "type": "integer",
              "minimum": 0,
              "description": "number of initialised directories ready for a push"
            },
            "used_by": {
              "type": "array",
              "items": {"type": "string"},
              "description": "`application/service` of each service that uses it"
            },
            "size_bytes": {
              "type": ["integer", "null"],
              "format": "int64",
              "minimum": 0,
              "description": "null: a system package"
            },
            "added_at": {
              "type": ["string", "null"],
              "format": "date-time",
              "description": "null: a system package"
            }
          },
          "example": {
            "engine": "mariadb@10.11.19",
            "types": ["mariadb", "mysql"],
            "origin": "system",
            "ready_directories": 2,
            "used_by": ["ramen/data"],
            "size_bytes": null,
            "added_at": null
          }
        },
        "EngineRequest": {
          "type": "object",
          "required": ["type", "path"],
          "properties": {
            "type": {"type": "string", "description": "as in the build file: `mysql`"},
            "path": {
              "type": "string",
              "description": "an absolute path on the daemon's machine: a .tar.gz, .tar.xz or .tar.zst, a folder, or a program"
            },
            "version": {
              "type": ["string", "null"],
              "description": "expected version of the build; `9.7` includes its releases"
            }
          },
          "additionalProperties": false,
          "example": {"type": "mysql", "path": "/srv/mysql-9.7.4.tar.xz", "version": "9.7"}
        },
        "Host": {
          "type": "object",
          "required": [
            "name", "state", "cores", "memory_bytes", "memory_available_bytes", "disk_free_bytes", "instances",
            "roost_version"
          ],
          "properties": {
            "name": {"type": "string"},
            "state": {"type": "string"},
            "cores": {"type": "integer", "minimum": 0},
            "memory_bytes": {"type": "integer", "format": "int64", "minimum": 0},
            "memory_available_bytes": {"type": "integer", "format": "int64", "minimum": 0},
            "disk_free_bytes": {"type": "integer", "format": "int64", "minimum": 0},
            "instances": {"type": "integer", "minimum": 0},
            "roost_version": {"type": "string"}
          },
          "example": {
            "name": "local",
            "state": "up",
            "cores": 2,
            "memory_bytes": 25769803776,
            "memory_available_bytes": 21474836480,
            "disk_free_bytes": 107374182400,
            "instances": 1,
            "roost_version": "1.0.0"
          }
        },
        "Authority": {
          "type": "object",
          "required": ["certificate"],
          "properties": {"certificate": {"type": "string", "description": "PEM"}},
          "example": {"certificate": "-----BEGIN CERTIFICATE-----\\nMIIB…\\n-----END CERTIFICATE-----\\n"}
        },
        "Finding": {
          "type": "object",
          "required": ["check", "level", "message", "fix"],
          "properties": {
            "check": {"type": "string", "description": "stable: `cgroups`, `reflink`, …"},
            "level": {"enum": ["good", "notice", "problem"]},
            "message": {"type": "string"},
            "fix": {"type": ["string", "null"], "description": "the command or step that fixes the problem"}
          },
          "example": {
            "check": "reflink",
            "level": "notice",
            "message": "the disk has no copy-on-write",
            "fix": "roost storage init --size 20G"
          }
        },
        "Usage": {
          "type": "object",
          "required": [
            "application", "instance", "pid", "cpu_percent", "memory_bytes", "memory_limit_bytes", "disk_bytes",
            "connections"
          ],
          "properties": {
            "application": {"type": "string"},
            "instance": {"type": "string"},
            "pid": {"type": ["integer", "null"]},
            "cpu_percent": {"type": ["number", "null"], "description": "of one core"},
            "memory_bytes": {"type": "integer", "format": "int64", "minimum": 0},
            "memory_limit_bytes": {"type": "integer", "format": "int64", "minimum": 0},
            "disk_bytes": {"type": "integer", "format": "int64", "minimum": 0},
            "connections": {"type": "integer", "minimum": 0}
          },
          "example": {
            "application": "ramen",
            "instance": "data.0",
            "pid": 4242,
            "cpu_percent": 3.5,
            "memory_bytes": 199229440,
            "memory_limit_bytes": 536870912,
            "disk_bytes": 943718400,
            "connections": 3
          }
        },
        "Token": {
          "type": "object",
          "required": ["name", "scope", "created_at", "token"],
          "properties": {
            "name": {"type": "string"},
            "scope": {"type": "string", "description": "`admin`, `read` or `app:NAME`"},
            "created_at": {"type": "string", "format": "date-time"},
            "token": {"type": ["string", "null"], "description": "only in the response that created the token"}
          },
          "example": {"name": "ci", "scope": "app:ramen", "created_at": "2026-11-21T06:44:06.120Z", "token": null}
        },
        "TokenRequest": {
          "type": "object",
          "required": ["name", "scope"],
          "properties": {
            "name": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"},
            "scope": {"type": "string", "pattern": "^(admin|read|app:[a-z][a-z0-9_-]{0,30})$"}
          },
          "additionalProperties": false,
          "example": {"name": "ci", "scope": "app:ramen"}
        },
        "SignIn": {
          "type": "object",
          "required": ["url", "expires_at"],
          "properties": {"url": {"type": "string"}, "expires_at": {"type": "string", "format": "date-time"}},
          "example": {"url": "http://127.0.0.1:5080/sign-in?code=…", "expires_at": "2026-11-21T06:44:06.120Z"}
        },
        "Problem": {
          "type": "object",
          "required": ["error"],
          "properties": {"error": {"$ref": "#/components/schemas/ProblemContent"}},
          "example": {
            "error": {
              "code": "service_not_found",
              "message": "there is no service 'data' in application 'ramen'",
              "next_steps": ["roost ls"],
              "diagnostics": []
            }
          }
        },
        "ProblemContent": {
          "type": "object",
          "required": ["code", "message", "next_steps", "diagnostics"],
          "properties": {
            "code": {
              "enum": [
                "usage", "build_file_invalid", "body_invalid", "body_too_large", "name_invalid",
                "config_refused", "application_not_found", "service_not_found", "instance_not_found",
                "snapshot_not_found", "clone_not_found", "template_not_found", "source_not_found",
                "operation_not_found", "user_not_found", "token_not_found", "engine_not_found", "not_found",
                "already_exists", "confirmation_needed", "timed_out", "degraded", "conflict",
                "not_built_yet", "unauthorized", "forbidden", "no_port_free", "no_system_user_free",
                "memory_too_small", "disk_full", "store_unreadable", "daemon_unreachable", "daemon_running",
                "service_unavailable", "not_ready_yet", "quota_exceeded",
                "failed"
              ],
              "description": "stable"
            },
            "message": {"type": "string", "description": "what happened"},
            "next_steps": {"type": "array", "items": {"type": "string"}, "description": "commands or steps to try next"},
            "diagnostics": {
              "type": "array",
              "items": {"$ref": "#/components/schemas/Diagnostic"},
              "description": "for `build_file_invalid`: all errors"
            }
          },
          "example": {
            "code": "service_not_found",
            "message": "there is no service 'data' in application 'ramen'",
            "next_steps": ["roost ls"],
            "diagnostics": []
          }
        },
        "Diagnostic": {
          "type": "object",
          "required": ["file", "line", "key", "message"],
          "properties": {
            "file": {"type": "string"},
            "line": {"type": "integer", "minimum": 1, "description": "from 1"},
            "key": {"type": "string", "description": "dotted path; empty for an error of the whole file"},
            "message": {"type": "string"}
          },
          "example": {
            "file": "roost.yml",
            "line": 4,
            "key": "services.data.memory",
            "message": "'12 potatoes' is not a valid amount of memory; use a number with K, M, G or T, such as 512M"
          }
        }
        """#
}
