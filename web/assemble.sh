#!/bin/sh
# Puts the page together: our files from web/ and what it uses of node_modules/, into build/web/
# (or the folder given). Modules stay modules, each made smaller by itself; they name the files of
# packages, because the page's Content-Security-Policy allows no import map.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
target=${1:-$root/build/web}
modules=$root/node_modules
new=$target.new

for part in preact htm uplot terser lucide-static swagger-ui-dist @fontsource-variable/inter; do
    if [ ! -d "$modules/$part" ]; then
        echo "The page needs $part, which is not in node_modules: run ./dev deps first." >&2
        exit 1
    fi
done

rm -rf "$new"
trap 'rm -rf "$new"' EXIT
mkdir -p "$new/vendor" "$new/fonts" "$new/icons" "$new/licences"
cp -R "$root/web/index.html" "$root/web/kiosk.html" "$root/web/app" "$root/web/styles" "$root/web/texts" \
    "$root/web/docs" "$new/"
cp "$root"/web/icons/*.svg "$new/icons/"
cp "$root/docs/openapi.json" "$new/"

node "$root/web/vendor.mjs" "$modules" "$new/vendor"
cp "$modules/uplot/dist/uPlot.min.css" "$new/styles/uplot.css"

cp "$modules"/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2 \
    "$modules"/@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2 "$new/fonts/"

# The icons of web/icons/names.txt become one file of symbols.
{
    echo '<svg xmlns="http://www.w3.org/2000/svg">'
    while read -r name; do
        file=$modules/lucide-static/icons/$name.svg
        if [ ! -f "$file" ]; then
            echo "There is no icon called $name." >&2
            exit 1
        fi
        echo "<symbol id=\"$name\" viewBox=\"0 0 24 24\">"
        sed -n '/^>$/,/^<\/svg>/{/^>$/d;/^<\/svg>/d;p;}' "$file"
        echo '</symbol>'
    done <"$root/web/icons/names.txt"
    echo '</svg>'
} >"$new/icons/sprite.svg"

# Swagger UI. Its pictures are written into its style sheet as data: addresses, which the
# Content-Security-Policy refuses; it is readable without them.
cp "$modules/swagger-ui-dist/swagger-ui-bundle.js" "$new/docs/"
sed -i '/^\/\/# sourceMappingURL=/d' "$new/docs/swagger-ui-bundle.js"
sed -e 's/url("data:[^"]*\(\\"[^"]*\)*")/none/g' -e 's/url(data:[^)]*)/none/g' \
    -e '/^\/\*# sourceMappingURL=/d' "$modules/swagger-ui-dist/swagger-ui.css" \
    >"$new/docs/swagger-ui.css"

for part in preact htm uplot lucide-static swagger-ui-dist @fontsource-variable/inter; do
    cp "$modules/$part/LICENSE" "$new/licences/$(echo "$part" | tr -d @ | tr / -).txt"
done

node "$root/web/minify.mjs" "$new/app" "$new/texts" "$new/vendor"
node "$root/web/first-view.mjs" "$new"
# The kiosk's page opens while the server is away from what its worker keeps: these files, of one
# version.
(
    cd "$new"
    {
        sed -n 's/.* \(src\|href\)="\([^"]*\.\(js\|css\|svg\)\)".*/\2/p' kiosk.html | grep -v '^branding'
        ls texts/*/common.json texts/*/kiosk.json fonts/*.woff2 icons/sprite.svg
    } >"$new.list"
    version=$(cat kiosk.html "$root/web/kiosk-worker.js" $(cat "$new.list") | sha256sum | cut -c 1-16)
    {
        echo "const VERSION = '$version';"
        echo "const FILES = '$(tr '\n' ' ' <"$new.list")'.trim().split(' ');"
        cat "$root/web/kiosk-worker.js"
    } >kiosk-worker.js
    rm "$new.list"
)
node "$root/web/compress.mjs" "$new"

rm -rf "$target.old"
if [ -d "$target" ]; then mv "$target" "$target.old"; fi
mv "$new" "$target"
rm -rf "$target.old"
