import Glibc
import RoostGuard

exit(GuardProgram.run(Array(CommandLine.arguments.dropFirst())))
