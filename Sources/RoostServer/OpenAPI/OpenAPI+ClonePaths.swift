extension OpenAPI {
    /// Members of `paths`: clones.
    static let clonePaths = #"""
        "/v1/clones": {
          "get": {
            "operationId": "listClones",
            "tags": ["clones"],
            "summary": "List the clones that the token may see, without their passwords",
            "responses": {
              "200": {
                "description": "the clones, except those waiting in a pool",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {
                        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Clone"}}
                      }
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "post": {
            "operationId": "makeClone",
            "tags": ["clones"],
            "summary": "Create a clone with a generated name",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneRequest"}}}
            },
            "responses": {
              "201": {
                "description": "the clone is ready: it came from the template's pool, or `wait=ready` was given",
                "headers": {
                  "Location": {"description": "URL of the clone", "schema": {"type": "string"}}
                },
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneAnswer"}}}
              },
              "202": {
                "description": "the clone is being created",
                "headers": {
                  "Location": {"description": "URL of the operation", "schema": {"type": "string"}}
                },
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneAnswer"}}}
              },
              "423": {
                "description": "`not_ready_yet`: the template is being built for the first time",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/clones/{clone}": {
          "parameters": [{"$ref": "#/components/parameters/clone"}],
          "get": {
            "operationId": "showClone",
            "tags": ["clones"],
            "summary": "Show a clone",
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
                "description": "the clone; `url` and `password` are null unless asked for",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Clone"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "put": {
            "operationId": "makeNamedClone",
            "tags": ["clones"],
            "summary": "Create a clone with this name",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneRequest"}}}
            },
            "responses": {
              "200": {
                "description": "a clone of this source with this name already existed",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneAnswer"}}}
              },
              "201": {
                "description": "the clone is ready: it came from the template's pool, or `wait=ready` was given",
                "headers": {
                  "Location": {"description": "URL of the clone", "schema": {"type": "string"}}
                },
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneAnswer"}}}
              },
              "202": {
                "description": "the clone is being created",
                "headers": {
                  "Location": {"description": "URL of the operation", "schema": {"type": "string"}}
                },
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneAnswer"}}}
              },
              "409": {
                "description": "`already_exists`: a clone of another source has this name",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              },
              "423": {
                "description": "`not_ready_yet`: the template is being built for the first time",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "delete": {
            "operationId": "removeClone",
            "tags": ["clones"],
            "summary": "Remove a clone and its data",
            "parameters": [{"$ref": "#/components/parameters/confirm"}, {"$ref": "#/components/parameters/wait"}],
            "responses": {
              "200": {"$ref": "#/components/responses/OperationDone"},
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/clones/{clone}/reset": {
          "parameters": [{"$ref": "#/components/parameters/clone"}],
          "post": {
            "operationId": "resetClone",
            "tags": ["clones"],
            "summary": "Reset a clone to the image it was made from, at the same address",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "responses": {
              "200": {"$ref": "#/components/responses/OperationDone"},
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/clones/{clone}/extend": {
          "parameters": [{"$ref": "#/components/parameters/clone"}],
          "post": {
            "operationId": "extendClone",
            "tags": ["clones"],
            "summary": "Extend a clone's time to live, counted from now",
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ExtendRequest"}}}
            },
            "responses": {
              "200": {
                "description": "the clone",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Clone"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/clones/{clone}/protect": {
          "parameters": [{"$ref": "#/components/parameters/clone"}],
          "post": {
            "operationId": "protectClone",
            "tags": ["clones"],
            "summary": "Protect a clone from expiry, idle removal and accidental removal, or remove the protection",
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ProtectRequest"}}}
            },
            "responses": {
              "200": {
                "description": "the clone",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Clone"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/clones/{clone}/restart": {
          "parameters": [{"$ref": "#/components/parameters/clone"}],
          "post": {
            "operationId": "restartClone",
            "tags": ["clones"],
            "summary": "Restart a clone's server",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "responses": {
              "200": {"$ref": "#/components/responses/OperationDone"},
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/clones/{clone}/snapshots": {
          "parameters": [{"$ref": "#/components/parameters/clone"}],
          "post": {
            "operationId": "snapshotClone",
            "tags": ["clones"],
            "summary": "Take a snapshot of a clone",
            "description": "The snapshot is removed with the clone.",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SnapshotRequest"}}}
            },
            "responses": {
              "200": {"$ref": "#/components/responses/OperationDone"},
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/clones/{clone}/snapshots/{snapshot}/restore": {
          "parameters": [{"$ref": "#/components/parameters/clone"}, {"$ref": "#/components/parameters/snapshot"}],
          "post": {
            "operationId": "restoreClone",
            "tags": ["clones"],
            "summary": "Restore a clone's data from one of its snapshots",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RestoreRequest"}}}
            },
            "responses": {
              "200": {"$ref": "#/components/responses/OperationDone"},
              "202": {"$ref": "#/components/responses/OperationBegun"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/clones/{clone}/logs": {
          "parameters": [{"$ref": "#/components/parameters/clone"}],
          "get": {
            "operationId": "cloneLogs",
            "tags": ["clones"],
            "summary": "Read the log of a clone's server",
            "parameters": [
              {
                "name": "lines",
                "in": "query",
                "description": "number of lines from the end",
                "schema": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 100}
              },
              {"name": "follow", "in": "query", "description": "keep streaming new lines", "schema": {"type": "boolean"}}
            ],
            "responses": {
              "200": {
                "description": "lines of text",
                "content": {"text/plain": {"schema": {"type": "string"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/clones/{clone}/environment": {
          "parameters": [{"$ref": "#/components/parameters/clone"}],
          "get": {
            "operationId": "cloneEnvironment",
            "tags": ["clones"],
            "summary": "Show the environment variables for connecting to a clone, named after its source",
            "responses": {
              "200": {
                "description": "the variables, including the password",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Environment"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/clones/{clone}/client": {
          "parameters": [{"$ref": "#/components/parameters/clone"}],
          "post": {
            "operationId": "offerCloneClient",
            "tags": ["clones"],
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
