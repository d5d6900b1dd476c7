"""Writing single tags of a Modbus TCP device, over the connection that its readers share."""
