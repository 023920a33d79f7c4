"""What proves the linearizability checker: models, a judge that tries every order, random histories."""
