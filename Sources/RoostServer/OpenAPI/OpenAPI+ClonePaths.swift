extension OpenAPI {
    /// Members of `paths`: clones.
    static let clonePaths = #"""
        "/v1/clones": {
          "get": {
            "operationId": "listClones",
            "tags": ["clones"],
            "summary": "All clones that the token may see, without their passwords",
            "responses": {
              "200": {
                "description": "the clones; those that wait in a pool are nobody's yet, and not among them",
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
            "summary": "Make a clone under a name that is chosen",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneRequest"}}}
            },
            "responses": {
              "201": {
                "description": "it is ready: it waited in the template's pool, or `wait=ready` was given",
                "headers": {
                  "Location": {"description": "where the clone is", "schema": {"type": "string"}}
                },
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneAnswer"}}}
              },
              "202": {
                "description": "it is being made",
                "headers": {
                  "Location": {"description": "where the operation is", "schema": {"type": "string"}}
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
            "summary": "One clone",
            "parameters": [
              {
                "name": "show_password",
                "in": "query",
                "description": "fill in `url` and `password`; needs more than the scope `read`",
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
            "summary": "Make a clone of this name",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneRequest"}}}
            },
            "responses": {
              "200": {
                "description": "a clone of this source had the name already",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneAnswer"}}}
              },
              "201": {
                "description": "it is ready: it waited in the template's pool, or `wait=ready` was given",
                "headers": {
                  "Location": {"description": "where the clone is", "schema": {"type": "string"}}
                },
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneAnswer"}}}
              },
              "202": {
                "description": "it is being made",
                "headers": {
                  "Location": {"description": "where the operation is", "schema": {"type": "string"}}
                },
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CloneAnswer"}}}
              },
              "409": {
                "description": "`already_exists`: the name is a clone's of another source",
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
            "summary": "Return a clone to the image it is made of, at the same address",
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
            "summary": "Keep a clone for so long from now on",
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
            "summary": "Keep a clone from time, idleness and mistakes, or end that",
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
            "summary": "Take a snapshot of a clone as it is now",
            "description": "It goes with the clone.",
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
            "summary": "Bring a clone's data back to its own snapshot",
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
            "summary": "What a clone's server wrote to its log",
            "parameters": [
              {
                "name": "lines",
                "in": "query",
                "description": "the last so many",
                "schema": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 100}
              },
              {"name": "follow", "in": "query", "description": "go on as lines come", "schema": {"type": "boolean"}}
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
            "summary": "The variables by which programs find a clone, named for its source",
            "responses": {
              "200": {
                "description": "the variables, with the password",
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
            "summary": "How to open the engine's own client on the caller's machine",
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ClientOfferRequest"}}}
            },
            "responses": {
              "200": {
                "description": "what to run, with credentials in files and environment",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ClientOffer"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#
}
