extension OpenAPI {
    /// Members of `components.schemas`: snapshot requests, and clones.
    static let cloneSchemas = #"""
        "SnapshotRequest": {
          "type": "object",
          "properties": {
            "max_pause_milliseconds": {
              "type": ["number", "null"],
              "minimum": 1,
              "maximum": 10000,
              "description": "longest pause of writes; default 100"
            },
            "keep_seconds": {
              "type": ["number", "null"],
              "minimum": 0,
              "maximum": 315360000,
              "description": "how long the snapshot is kept; 0: no limit; default 30 days"
            },
            "keep_count": {
              "type": ["integer", "null"],
              "minimum": 1,
              "maximum": 1000,
              "description": "keep only the newest N requested snapshots; default 24"
            },
            "stop": {
              "type": ["boolean", "null"],
              "description": "stop the server for the copy, for servers that cannot be copied while running"
            }
          },
          "additionalProperties": false,
          "example": {"max_pause_milliseconds": 50, "keep_seconds": 604800}
        },
        "CloneRequest": {
          "type": "object",
          "required": ["source"],
          "properties": {
            "source": {"type": "string", "minLength": 1, "description": "the name of a template or a service, or `application/service`"},
            "application": {"type": ["string", "null"], "description": "the application of a service that is given without one"},
            "at": {
              "type": ["string", "null"],
              "description": "a snapshot of the service; null: its current data"
            },
            "ttl_seconds": {
              "type": ["number", "null"],
              "minimum": 0,
              "maximum": 315360000,
              "description": "0: no limit; default 24 h"
            },
            "idle_seconds": {
              "type": ["number", "null"],
              "minimum": 0,
              "maximum": 315360000,
              "description": "the clone is removed after this long without a session; 0 or null: never"
            },
            "memory": {"$ref": "#/components/schemas/Size"},
            "cpus": {"anyOf": [{"const": 0}, {"type": "number", "minimum": 0.01, "maximum": 1024}, {"type": "null"}], "description": "0: no limit"},
            "config": {
              "type": ["object", "null"],
              "additionalProperties": {"type": "string"},
              "description": "settings of the engine"
            },
            "durable": {"type": ["boolean", "null"], "description": "the server waits for the disk, as those of services do"},
            "protected": {"type": ["boolean", "null"], "description": "the clone is not removed because of its age or idleness"},
            "max_pause_milliseconds": {
              "type": ["number", "null"],
              "minimum": 1,
              "maximum": 10000,
              "description": "longest pause of writes for the snapshot of a live service; default 100"
            }
          },
          "additionalProperties": false,
          "example": {"source": "shop", "ttl_seconds": 7200}
        },
        "ExtendRequest": {
          "type": "object",
          "required": ["ttl_seconds"],
          "properties": {
            "ttl_seconds": {"type": "number", "minimum": 0, "maximum": 315360000, "description": "counted from now; 0: no limit"}
          },
          "additionalProperties": false,
          "example": {"ttl_seconds": 7200}
        },
        "ProtectRequest": {
          "type": "object",
          "required": ["protected"],
          "properties": {"protected": {"type": "boolean"}},
          "additionalProperties": false,
          "example": {"protected": true}
        },
        "Clone": {
          "type": "object",
          "required": [
            "name", "source", "source_kind", "image", "type", "engine", "state", "endpoint", "user",
            "database", "url", "password", "memory_bytes", "cpus", "durable", "protected", "created_at",
            "expires_at", "idle_seconds", "pid", "problems"
          ],
          "properties": {
            "name": {"type": "string"},
            "source": {"type": "string", "description": "a template's name, or `application/service`"},
            "source_kind": {"enum": ["template", "service"]},
            "image": {"type": "string", "description": "the template's version, or the snapshot"},
            "type": {"type": "string"},
            "engine": {"type": "string"},
            "state": {"enum": ["creating", "running", "degraded", "down", "stopped"]},
            "endpoint": {"$ref": "#/components/schemas/Address"},
            "user": {"type": "string"},
            "database": {"type": "string"},
            "url": {"type": ["string", "null"], "description": "null unless `show_password` is set"},
            "password": {"type": ["string", "null"], "description": "null unless `show_password` is set"},
            "memory_bytes": {"type": "integer", "format": "int64", "minimum": 0},
            "cpus": {"type": ["number", "null"]},
            "durable": {"type": "boolean", "description": "false: a crash of the machine resets the clone"},
            "protected": {"type": "boolean"},
            "created_at": {"type": "string", "format": "date-time"},
            "expires_at": {
              "type": ["string", "null"],
              "format": "date-time",
              "description": "null: the clone does not expire"
            },
            "idle_seconds": {"type": ["number", "null"], "description": "null: the clone is not removed when idle"},
            "pid": {"type": ["integer", "null"]},
            "problems": {"type": "array", "items": {"type": "string"}}
          },
          "example": {
            "name": "mine",
            "source": "shop",
            "source_kind": "template",
            "image": "20261121-050000",
            "type": "mariadb",
            "engine": "mariadb@10.11.19",
            "state": "running",
            "endpoint": {"host": "127.0.0.1", "port": 23000},
            "user": "root",
            "database": "shop",
            "url": null,
            "password": null,
            "memory_bytes": 536870912,
            "cpus": null,
            "durable": false,
            "protected": false,
            "created_at": "2026-11-21T06:44:06.120Z",
            "expires_at": "2026-11-22T06:44:06.120Z",
            "idle_seconds": null,
            "pid": 4242,
            "problems": []
          }
        },
        "CloneAnswer": {
          "type": "object",
          "required": ["clone", "operation", "notes"],
          "properties": {
            "clone": {"$ref": "#/components/schemas/Clone"},
            "operation": {
              "anyOf": [{"$ref": "#/components/schemas/Operation"}, {"type": "null"}],
              "description": "null: the clone is ready or already existed"
            },
            "notes": {
              "type": "array",
              "items": {"type": "string"},
              "description": "whether the clone already existed, and how the requested terms were applied"
            }
          },
          "example": {
            "notes": [],
            "clone": {
              "name": "mine",
              "source": "shop",
              "source_kind": "template",
              "image": "20261121-050000",
              "type": "mariadb",
              "engine": "mariadb@10.11.19",
              "state": "running",
              "endpoint": {"host": "127.0.0.1", "port": 23000},
              "user": "root",
              "database": "shop",
              "url": "mysql://root:…@127.0.0.1:23000/shop",
              "password": "…",
              "memory_bytes": 536870912,
              "cpus": null,
              "durable": false,
              "protected": false,
              "created_at": "2026-11-21T06:44:06.120Z",
              "expires_at": "2026-11-22T06:44:06.120Z",
              "idle_seconds": null,
              "pid": 4242,
              "problems": []
            },
            "operation": null
          }
        }
        """#
}
