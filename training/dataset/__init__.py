"""The data set: shapes with their medial meshes and pictures, in shards that stream."""
