# stdin: tabs, semicolons and one-line blocks
n=int(input());a=input().split();s=0
for x in a:
	s+=int(x);
if s==s:print(s)
else:pass
