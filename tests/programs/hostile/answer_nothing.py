# stdin: prints nothing at all
pass
