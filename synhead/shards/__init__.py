"""The data set on disk: the one table of the format, writer, reader, manifest and proof. The only room with h5py."""
