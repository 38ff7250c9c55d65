# stdin: reaches files outside through links in the current folder, symbolic and hard
import os
import sys

for make in (os.symlink, os.link):
    try:
        make("@VICTIM@/secret.txt", "link_to_the_secret")
        with open("link_to_the_secret") as file:
            print(file.read(), file=sys.stderr)
        os.remove("link_to_the_secret")
    except OSError:
        pass
try:
    os.symlink("@VICTIM@", "link_to_the_folder")
    with open("link_to_the_folder/made_through_link", "w") as file:
        file.write("x")
except OSError:
    pass
print(0)
