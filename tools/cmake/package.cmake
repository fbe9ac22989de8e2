# The Debian package: `cpack --preset release` after building.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mqcast)
set(CPACK_PACKAGE_VENDOR mqcast)
set(CPACK_PACKAGE_CONTACT "mqcast maintainers <maintainers@mqcast.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "distributed quantile forecasting of demand")
set(CPACK_PACKAGE_DESCRIPTION
"mqcast trains neural networks that forecast, for every product of a catalogue
at once, the quantiles of demand over the coming periods. Training is
data-parallel over MPI ranks; results do not depend on how many.
.
This package has the program, its two libraries (mqcast-infer forecasts in
memory, without MPI), headers, configurations and scripts for Slurm.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR})
# Not found in the libraries: the flavour of OpenBLAS that they name by its directory, and mpirun.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libopenblas0-serial, openmpi-bin")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libjansson-dev, hdf5-tools, python3-h5py, python3-xarray")
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
