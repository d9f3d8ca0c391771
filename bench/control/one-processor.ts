/** Loaded before anything else, it makes a process, and threads of it, believe that they have one processor, and none to spare. */
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'

os.availableParallelism = () => 1
syncBuiltinESMExports()
