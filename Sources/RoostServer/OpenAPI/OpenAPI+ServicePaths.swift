extension OpenAPI {
    /// Members of `paths`: services.
    static let servicePaths = #"""
        "/v1/applications/{application}/services/{service}": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "get": {
            "operationId": "showService",
            "tags": ["services"],
            "summary": "Show a service",
            "parameters": [
              {
                "name": "show_password",
                "in": "query",
                "description": "include `url` and `password`; not allowed with the scope `read`",
                "schema": {"type": "boolean"}
              }
            ],
            "responses": {
              "200": {
                "description": "the service; `url` and `password` are null unless asked for",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Service"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "delete": {
            "operationId": "destroyService",
            "tags": ["services"],
            "summary": "Destroy a service",
            "parameters": [
              {"$ref": "#/components/parameters/confirm"},
              {"$ref": "#/components/parameters/keep"},
              {"$ref": "#/components/parameters/dryRun"},
              {"$ref": "#/components/parameters/wait"}
            ],
            "responses": {
              "200": {
                "description": "done: nothing changes, `dry_run` was set, or `wait=ready` was given",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DestroyAnswer"}}}
              },
              "202": {
                "description": "the operation has started",
                "headers": {"Location": {"description": "URL of the operation", "schema": {"type": "string"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DestroyAnswer"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/import": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "post": {
            "operationId": "importDump",
            "tags": ["services"],
            "summary": "Load a dump into a running service",
            "description": "The body is the dump, in any format that templates accept. The import starts when the whole dump has arrived: a snapshot is taken, then the dump is loaded up to the first statement that fails. Data loaded before it stays.",
            "parameters": [
              {
                "name": "into",
                "in": "query",
                "description": "load everything into this database; default: the databases that the dump names, otherwise the service's own",
                "schema": {"type": "string", "minLength": 1, "maxLength": 63}
              },
              {
                "name": "name",
                "in": "query",
                "description": "the file's name, for messages and its extension: `shop.sql.gz`",
                "schema": {"type": "string"}
              },
              {
                "name": "snapshot",
                "in": "query",
                "description": "take a snapshot first, which is kept for a week",
                "schema": {"type": "boolean", "default": true}
              },
              {"$ref": "#/components/parameters/wait"}
            ],
            "requestBody": {
              "required": true,
              "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
            },
            "responses": {
              "200": {"$ref": "#/components/responses/OperationDone"},
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/scale": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "post": {
            "operationId": "scale",
            "tags": ["services"],
            "summary": "Change instances, memory or CPUs",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ScaleRequest"}}}
            },
            "responses": {
              "200": {
                "description": "done: nothing changes, `dry_run` was set, or `wait=ready` was given",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PushAnswer"}}}
              },
              "202": {
                "description": "the operation has started",
                "headers": {"Location": {"description": "URL of the operation", "schema": {"type": "string"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PushAnswer"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/promote": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "post": {
            "operationId": "promote",
            "tags": ["services"],
            "summary": "Promote another instance to primary",
            "description": "Refused if the replica cannot take over now. A dry run is then answered with 200, state `failed` and the reasons.",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": false,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PromoteRequest"}}}
            },
            "responses": {
              "200": {
                "description": "the instance is the primary (`wait=ready` was given), or the answer to a dry run",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
              },
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/failover": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "post": {
            "operationId": "failOver",
            "tags": ["services"],
            "summary": "Replace the primary at once, whatever it is doing",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": false,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FailoverRequest"}}}
            },
            "responses": {
              "200": {
                "description": "a replica is the primary (`wait=ready` was given)",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
              },
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/replication": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "get": {
            "operationId": "showReplication",
            "tags": ["services"],
            "summary": "Show the members and whether replication is healthy, for monitors",
            "responses": {
              "200": {
                "description": "the primary is up, and every replica follows it",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReplicationState"}}}
              },
              "503": {
                "description": "the primary is down, or a replica is down, catching up or broken",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReplicationState"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/restart": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "post": {
            "operationId": "restart",
            "tags": ["services"],
            "summary": "Restart a service or one of its instances",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": false,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RestartRequest"}}}
            },
            "responses": {
              "200": {
                "description": "done: nothing changes, `dry_run` was set, or `wait=ready` was given",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
              },
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/resync": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "post": {
            "operationId": "resync",
            "tags": ["services"],
            "summary": "Replace a replica's data by a copy of the primary's",
            "description": "The replica's present data is kept as a snapshot with the reason `diverged` for 7 days.",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ResyncRequest"}}}
            },
            "responses": {
              "200": {
                "description": "done: the replica has the data and follows the primary (`wait=ready` was given), or `dry_run` was set",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
              },
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/password": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "post": {
            "operationId": "rotatePassword",
            "tags": ["services"],
            "summary": "Set a new password, or new passwords of the members' replication accounts",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": false,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RotateRequest"}}}
            },
            "responses": {
              "200": {
                "description": "done: nothing changes, `dry_run` was set, or `wait=ready` was given",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
              },
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/users": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "get": {
            "operationId": "listUsers",
            "tags": ["services"],
            "summary": "List the users of a service, without their passwords",
            "responses": {
              "200": {
                "description": "the users",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/User"}}}
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "post": {
            "operationId": "addUser",
            "tags": ["services"],
            "summary": "Add a user",
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/UserRequest"}}}
            },
            "responses": {
              "201": {
                "description": "the user; its password is shown only once",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/users/{user}": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"},
            {"$ref": "#/components/parameters/user"}
          ],
          "delete": {
            "operationId": "removeUser",
            "tags": ["services"],
            "summary": "Remove a user",
            "responses": {
              "204": {"description": "removed"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/services/{service}/client": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/service"}
          ],
          "post": {
            "operationId": "offerClient",
            "tags": ["services"],
            "summary": "Show how to run the engine's client on the caller's machine",
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ClientOfferRequest"}}}
            },
            "responses": {
              "200": {
                "description": "the command to run, with credentials in files and environment variables",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ClientOffer"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#
}
