import Glibc
import RoostSupervise

exit(SuperviseProgram.main(CommandLine.arguments))
