# stdin: closes its descriptors and ends with status 0
import os

os.closerange(0, 4096)
os._exit(0)
