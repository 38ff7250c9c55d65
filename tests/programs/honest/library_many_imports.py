# stdin: the long list of imports that templates begin with
import array, bisect, cmath, collections, contextlib, copy, ctypes, datetime, decimal, difflib, enum, fractions, functools
import hashlib, heapq, inspect, io, itertools, json, locale, logging, math, numbers, operator, os, pickle, platform, pprint
import queue, random, re, resource, secrets, select, shutil, signal, socket, statistics, string, struct, subprocess, sys
import tempfile, textwrap, threading, time, timeit, traceback, types, typing, unittest, urllib.request, uuid, warnings, zlib
import asyncio, concurrent.futures, dataclasses, multiprocessing
from math import *
from collections import *

input()
print(sum(map(int, input().split())))
