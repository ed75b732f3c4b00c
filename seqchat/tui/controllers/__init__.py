"""What the workspace does, one purpose a file; a controller uses views and the public parts of other controllers."""
