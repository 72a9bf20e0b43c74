extension OpenAPI {
    /// Members of `paths`: applications, and their instances' logs.
    static let applicationPaths = #"""
        "/v1/applications": {
          "get": {
            "operationId": "listApplications",
            "tags": ["applications"],
            "summary": "List applications with their services",
            "responses": {
              "200": {
                "description": "the items that the token may see",
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
            "summary": "Show an application",
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
            "summary": "Create an application if it does not exist",
            "responses": {
              "200": {
                "description": "the application already existed",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Application"}}}
              },
              "201": {
                "description": "the application was created",
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
        "/v1/applications/{application}/push": {
          "parameters": [{"$ref": "#/components/parameters/application"}],
          "post": {
            "operationId": "push",
            "tags": ["applications"],
            "summary": "Push a build file",
            "description": "The whole file is validated before anything changes. The response always lists the changes; with `dry_run`, they are not applied. Services that are no longer in the file keep running.",
            "parameters": [{"$ref": "#/components/parameters/wait"}],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PushRequest"}}}
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
        "/v1/applications/{application}/sources/{digest}": {
          "parameters": [
            {"$ref": "#/components/parameters/application"}, {"$ref": "#/components/parameters/digest"}
          ],
          "put": {
            "operationId": "putSource",
            "tags": ["applications"],
            "summary": "Upload a custom service's source",
            "description": "A tar file of at most 512 MiB for pushes that refer to its SHA-256. It is kept until it has been built, at most one day.",
            "requestBody": {
              "required": true,
              "content": {"application/x-tar": {"schema": {"type": "string", "format": "binary"}}}
            },
            "responses": {
              "204": {"description": "stored"},
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/applications/{application}/environment": {
          "parameters": [{"$ref": "#/components/parameters/application"}],
          "get": {
            "operationId": "showEnvironment",
            "tags": ["applications"],
            "summary": "Show the environment variables of an application, including passwords",
            "parameters": [
              {
                "name": "prefix",
                "in": "query",
                "description": "prefix of every name, such as `DOTCLOUD_`",
                "schema": {"type": "string", "pattern": "^([A-Za-z_][A-Za-z0-9_]{0,63})?$"}
              },
              {
                "name": "style",
                "in": "query",
                "description": "naming style of the variables",
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
            "summary": "Show an instance of a service",
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
            "summary": "Read the last lines of an instance's log",
            "parameters": [
              {
                "name": "lines",
                "in": "query",
                "description": "number of lines",
                "schema": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 100}
              },
              {
                "name": "follow",
                "in": "query",
                "description": "keep streaming new lines",
                "schema": {"type": "boolean"}
              }
            ],
            "responses": {
              "200": {
                "description": "the lines; with `follow`, the stream does not end",
                "content": {"text/plain": {"schema": {"type": "string"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        }
        """#
}
