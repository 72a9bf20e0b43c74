extension OpenAPI {
    /// Members of `paths`: applications, and their instances' logs.
    static let applicationPaths = #"""
        "/v1/applications": {
          "get": {
            "operationId": "listApplications",
            "tags": ["applications"],
            "summary": "Applications with their services",
            "responses": {
              "200": {
                "description": "those that the token may see",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["items"],
                      "properties": {
                        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Application"}}
                      }
                    }
                  }
                }
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}": {
          "parameters": [{"$ref": "#/components/parameters/application"}],
          "get": {
            "operationId": "showApplication",
            "tags": ["applications"],
            "summary": "One application",
            "responses": {
              "200": {
                "description": "the application",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Application"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "put": {
            "operationId": "createApplication",
            "tags": ["applications"],
            "summary": "Create an application, unless it is there",
            "responses": {
              "200": {
                "description": "it was there",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Application"}}}
              },
              "201": {
                "description": "it is new",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Application"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          },
          "delete": {
            "operationId": "destroyApplication",
            "tags": ["applications"],
            "summary": "Destroy an application and all its services",
            "parameters": [
              {"$ref": "#/components/parameters/confirm"},
              {"$ref": "#/components/parameters/keep"},
              {"$ref": "#/components/parameters/dryRun"},
              {"$ref": "#/components/parameters/wait"}
            ],
            "responses": {
              "200": {
                "description": "nothing is left to do: nothing changes, it was a look (`dry_run`), or `wait=ready` was given",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DestroyAnswer"}}}
              },
              "202": {
                "description": "the work has begun",
                "headers": {"Location": {"description": "where the operation is", "schema": {"type": "string"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DestroyAnswer"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/push": {
          "parameters": [{"$ref": "#/components/parameters/application"}],
          "post": {
            "operationId": "push",
            "tags": ["applications"],
            "summary": "Push a build file",
            "description": "The whole file is checked before anything changes. What it would change is answered in any case; with `dry_run` nothing else happens. Services that the file no longer names are left running.",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PushRequest"}}}
            },
            "responses": {
              "200": {
                "description": "nothing is left to do: nothing changes, it was a look (`dry_run`), or `wait=ready` was given",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PushAnswer"}}}
              },
              "202": {
                "description": "the work has begun",
                "headers": {"Location": {"description": "where the operation is", "schema": {"type": "string"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PushAnswer"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/sources/{digest}": {
          "parameters": [
            {"$ref": "#/components/parameters/application"}, {"$ref": "#/components/parameters/digest"}
          ],
          "put": {
            "operationId": "putSource",
            "tags": ["applications"],
            "summary": "Send a custom service's source",
            "description": "A tar file of 512 MiB at most, for the pushes that name its SHA-256. It is kept until it was built from, a day at most.",
            "requestBody": {
              "required": true,
              "content": {"application/x-tar": {"schema": {"type": "string", "format": "binary"}}}
            },
            "responses": {
              "204": {"description": "it is kept"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/environment": {
          "parameters": [{"$ref": "#/components/parameters/application"}],
          "get": {
            "operationId": "showEnvironment",
            "tags": ["applications"],
            "summary": "The environment variables of an application, passwords included",
            "parameters": [
              {
                "name": "prefix",
                "in": "query",
                "description": "put before every name: `DOTCLOUD_`",
                "schema": {"type": "string", "pattern": "^([A-Za-z_][A-Za-z0-9_]{0,63})?$"}
              },
              {
                "name": "style",
                "in": "query",
                "description": "how the variables are named",
                "schema": {"enum": ["roost", "cloud66"], "default": "roost"}
              }
            ],
            "responses": {
              "200": {
                "description": "names and values",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Environment"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/instances/{instance}": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/instance"}
          ],
          "get": {
            "operationId": "showInstance",
            "tags": ["services"],
            "summary": "One server of a service",
            "responses": {
              "200": {
                "description": "the instance, as in its service",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Instance"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/instances/{instance}/logs": {
          "parameters": [
            {"$ref": "#/components/parameters/application"},
            {"$ref": "#/components/parameters/instance"}
          ],
          "get": {
            "operationId": "readLogs",
            "tags": ["services"],
            "summary": "The last lines of an instance's log",
            "parameters": [
              {
                "name": "lines",
                "in": "query",
                "description": "how many",
                "schema": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 100}
              },
              {
                "name": "follow",
                "in": "query",
                "description": "go on with new lines as they come",
                "schema": {"type": "boolean"}
              }
            ],
            "responses": {
              "200": {
                "description": "lines; with `follow`, without an end",
                "content": {"text/plain": {"schema": {"type": "string"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#
}
