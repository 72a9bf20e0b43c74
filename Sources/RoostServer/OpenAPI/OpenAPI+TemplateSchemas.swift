extension OpenAPI {
    /// Members of `components.schemas`: templates, storage and the pool.
    static let templateSchemas = #"""
        "TemplateRequest": {
          "type": "object",
          "properties": {
            "dump": {
              "type": ["string", "null"],
              "description": "absolute path of a dump on the daemon's machine; alternatively, set `source`"
            },
            "type": {"type": ["string", "null"], "description": "type of the dump, as in the build file: `mariadb`"},
            "source": {"type": ["string", "null"], "description": "a live service"},
            "application": {"type": ["string", "null"], "description": "the application of a service that is given without one"},
            "mask": {"type": ["string", "null"], "description": "text of a script to run once at each build"},
            "no_mask": {
              "type": ["boolean", "null"],
              "description": "remove the mask of an existing template; fields that are null here keep their value"
            },
            "refresh": {"type": ["string", "null"], "description": "rebuild schedule in cron syntax: `0 3 * * *`; empty: only on request"},
            "pool": {
              "type": ["integer", "null"],
              "minimum": 0,
              "maximum": 100,
              "description": "number of running clones to keep ready"
            },
            "memory": {"$ref": "#/components/schemas/Size"},
            "cpus": {"anyOf": [{"const": 0}, {"type": "number", "minimum": 0.01, "maximum": 1024}, {"type": "null"}], "description": "0: no limit"},
            "config": {
              "type": ["object", "null"],
              "additionalProperties": {"type": "string"},
              "description": "settings of the engine"
            },
            "extensions": {"type": ["array", "null"], "items": {"type": "string"}},
            "version": {
              "type": ["string", "null"],
              "pattern": "^[0-9]{1,6}([.][0-9]{1,6}){0,4}$",
              "description": "version of the engine that builds the template; null: the newest"
            }
          },
          "additionalProperties": false,
          "example": {"dump": "/srv/shop.sql.gz", "type": "mariadb", "pool": 3}
        },
        "Template": {
          "type": "object",
          "required": [
            "name", "type", "source", "source_kind", "watched", "state", "version", "engine", "databases", "size_bytes",
            "built_at", "build_seconds", "masked", "refresh", "pool", "pool_ready", "clones", "failure",
            "notes", "operation", "created_at"
          ],
          "properties": {
            "name": {"type": "string"},
            "type": {"type": "string"},
            "source": {"type": "string", "description": "a path, or `application/service`"},
            "source_kind": {"enum": ["dump", "service"]},
            "watched": {"type": "boolean", "description": "the dump is in the watched folder, so the template is recreated if it is removed"},
            "state": {"enum": ["building", "ready", "refreshing", "failed"]},
            "version": {"type": ["string", "null"], "description": "the version that clones are made from; null: none is ready yet"},
            "engine": {"type": ["string", "null"]},
            "databases": {"type": "array", "items": {"type": "string"}, "description": "the default database first"},
            "size_bytes": {"type": "integer", "format": "int64", "minimum": 0},
            "built_at": {"type": ["string", "null"], "format": "date-time"},
            "build_seconds": {"type": ["number", "null"]},
            "masked": {"type": "boolean"},
            "refresh": {"type": ["string", "null"]},
            "pool": {"type": "integer", "minimum": 0},
            "pool_ready": {"type": "integer", "minimum": 0, "description": "running clones waiting in the pool"},
            "clones": {"type": "integer", "minimum": 0, "description": "clones in use, without those waiting in the pool"},
            "failure": {"type": ["string", "null"], "description": "why the last build failed; only administrators see the server's message, which quotes the dump"},
            "notes": {"type": "array", "items": {"type": "string"}, "description": "what was translated, left out or created while loading the dump, and what it lacked, one sentence each"},
            "operation": {"type": ["string", "null"], "description": "the operation that builds the next version"},
            "created_at": {"type": "string", "format": "date-time"}
          },
          "example": {
            "name": "shop",
            "type": "mariadb",
            "source": "/srv/shop.sql.gz",
            "source_kind": "dump",
            "watched": false,
            "state": "ready",
            "version": "20261121-050000",
            "engine": "mariadb@10.11.19",
            "databases": ["shop"],
            "size_bytes": 314572800,
            "built_at": "2026-11-21T06:44:06.120Z",
            "build_seconds": 12.5,
            "masked": true,
            "refresh": "0 3 * * *",
            "pool": 3,
            "pool_ready": 3,
            "clones": 1,
            "failure": null,
            "notes": ["the dump lacks its last line, '-- Dump completed', which the tool that wrote it ends with: it may have been cut off"],
            "operation": null,
            "created_at": "2026-11-21T06:44:06.120Z"
          }
        },
        "ReceivedDump": {
          "type": "object",
          "required": ["path", "size_bytes"],
          "properties": {
            "path": {"type": "string", "description": "on the daemon's machine"},
            "size_bytes": {"type": "integer", "minimum": 0}
          },
          "example": {"path": "/var/lib/roost/received/20261121-064406-3f9a", "size_bytes": 1048576}
        },
        "TemplateAnswer": {
          "type": "object",
          "required": ["template", "operation"],
          "properties": {
            "template": {"$ref": "#/components/schemas/Template"},
            "operation": {
              "anyOf": [{"$ref": "#/components/schemas/Operation"}, {"type": "null"}]
            }
          },
          "example": {
            "template": {
              "name": "shop",
              "type": "mariadb",
              "source": "/srv/shop.sql.gz",
              "source_kind": "dump",
              "watched": false,
              "state": "ready",
              "version": "20261121-050000",
              "engine": "mariadb@10.11.19",
              "databases": ["shop"],
              "size_bytes": 314572800,
              "built_at": "2026-11-21T06:44:06.120Z",
              "build_seconds": 12.5,
              "masked": true,
              "refresh": "0 3 * * *",
              "pool": 3,
              "pool_ready": 3,
              "clones": 1,
              "failure": null,
              "notes": [],
              "operation": null,
              "created_at": "2026-11-21T06:44:06.120Z"
            },
            "operation": null
          }
        },
        "Size": {
          "type": ["string", "null"],
          "pattern": "^[0-9]{1,6}([.][0-9]{1,6})?([kKmMgGtT]([iI]?[bB])?)?$",
          "description": "a number of bytes, or with a unit, as in the build file: `512M`, `1.5G`; more than 0",
          "example": "1G"
        },
        "PoolRequest": {
          "type": "object",
          "required": ["size"],
          "properties": {"size": {"$ref": "#/components/schemas/Size"}},
          "additionalProperties": false,
          "example": {"size": "20G"}
        },
        "Storage": {
          "type": "object",
          "required": ["method", "pool", "items"],
          "properties": {
            "method": {
              "enum": ["reflink", "subvolume", "copy"],
              "description": "how images are made where new databases are stored"
            },
            "pool": {
              "anyOf": [{"$ref": "#/components/schemas/Pool"}, {"type": "null"}]
            },
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/StorageItem"}}
          },
          "example": {
            "method": "reflink",
            "pool": {
              "path": "/var/lib/roost/pool",
              "state": "mounted",
              "size_bytes": 21474836480,
              "free_bytes": 12884901888,
              "reserve_bytes": 1073741824
            },
            "items": [
              {
                "kind": "template",
                "name": "shop",
                "place": "pool",
                "size_bytes": 314572800,
                "shared_bytes": 304087040,
                "exclusive_bytes": 10485760
              }
            ]
          }
        },
        "Pool": {
          "type": "object",
          "required": ["path", "state", "size_bytes", "free_bytes", "reserve_bytes"],
          "properties": {
            "path": {"type": "string"},
            "state": {"enum": ["mounted", "unmounted"]},
            "size_bytes": {"type": "integer", "format": "int64", "minimum": 0},
            "free_bytes": {"type": "integer", "format": "int64", "minimum": 0},
            "reserve_bytes": {
              "type": "integer",
              "format": "int64",
              "minimum": 0,
              "description": "part of the free space that is reserved for running databases"
            }
          },
          "example": {
            "path": "/var/lib/roost/pool",
            "state": "mounted",
            "size_bytes": 21474836480,
            "free_bytes": 12884901888,
            "reserve_bytes": 1073741824
          }
        },
        "StorageItem": {
          "type": "object",
          "required": ["kind", "name", "place", "size_bytes", "shared_bytes", "exclusive_bytes"],
          "properties": {
            "kind": {"enum": ["instance", "snapshot", "template", "clone", "pooled"]},
            "name": {"type": "string"},
            "place": {"enum": ["pool", "home"]},
            "size_bytes": {
              "type": "integer",
              "format": "int64",
              "minimum": 0,
              "description": "shared blocks are counted in each item"
            },
            "shared_bytes": {"type": "integer", "format": "int64", "minimum": 0},
            "exclusive_bytes": {"type": "integer", "format": "int64", "minimum": 0, "description": "space that its removal would free"}
          },
          "example": {
            "kind": "template",
            "name": "shop",
            "place": "pool",
            "size_bytes": 314572800,
            "shared_bytes": 304087040,
            "exclusive_bytes": 10485760
          }
        }
        """#
}
