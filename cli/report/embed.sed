# Makes strings of C of the lines of a text. No trigraph comes of a "??".
s/\\/\\\\/g
s/"/\\"/g
s/?/\\?/g
s/^/	"/
s/$/\\n",/
