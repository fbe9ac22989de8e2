# Builds these sources where they lie:
#
#     spack repo add tools/packaging/spack
#     spack dev-build --source-path "$PWD" mqcast@0.1.0
from spack.package import *


class Mqcast(CMakePackage):
    """Distributed quantile forecasting of demand: trains on MPI ranks, with the same bits at any
    number of them, and forecasts every product of a catalogue."""

    license("Apache-2.0")

    version("0.1.0")

    variant("tests", default=False, description="build the tests")

    depends_on("c", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi@3.1:")
    # Ranks and lanes are the threads; those of OpenBLAS would get in their way.
    depends_on("openblas threads=none")
    depends_on("hdf5@1.10: +hl ~mpi")
    depends_on("libyaml")
    depends_on("jansson")
    depends_on("openssl")
    depends_on("zlib-api")
    depends_on("check", when="+tests")

    generator("ninja")

    def cmake_args(self):
        return [self.define_from_variant("MQ_TESTS", "tests")]
