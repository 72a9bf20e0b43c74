#!/bin/bash
# What a script that was written for myaas does, with curl alone. Prints a line for each answer.
#
#     myaas_script.sh ADDRESS TEMPLATE NAME
set -u
api=$1 template=$2 name=$3

status() { # METHOD PATH [CURL OPTIONS…]
    local method=$1 path=$2
    shift 2
    echo "$method $path $(curl --silent --output /dev/null --write-out '%{http_code}' --request "$method" "$@" "$api$path")"
}

field() { curl --silent "$api/db/$template/$name" | python3 -c "import json, sys; print(json.load(sys.stdin).get('$1'))"; }

status GET /templates
status GET /db
status GET "/db/$template/$name"
status POST "/db/nothing/$name"
status POST "/db/$template/$name" --data ttl=3600
status POST "/db/$template/$name"
status GET "/db/$template/$name"
for item in database host name user password running; do echo "$item $(field "$item")"; done
mysql --host="$(field host)" --protocol=tcp --port="$(field port)" --user="$(field user)" \
    --password="$(field password)" --batch --skip-column-names --skip-ssl "$(field database)" \
    --execute='select count(*) from t' 2>&1
status DELETE "/db/$template/$name"
status DELETE "/db/$template/$name"
