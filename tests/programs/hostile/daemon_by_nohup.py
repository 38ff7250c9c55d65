# stdin: leaves its session, ignores SIGHUP and starts a program with nohup
import os
import signal
import subprocess

signal.signal(signal.SIGHUP, signal.SIG_IGN)
try:
    os.setsid()
except OSError:
    pass
try:
    os.setpgid(0, 0)
except OSError:
    pass
try:
    subprocess.Popen(["nohup", "sh", "-c", "sleep 0.5; echo x > @VICTIM@/made_by_nohup"], start_new_session=True)
except OSError:
    pass
print(0)
