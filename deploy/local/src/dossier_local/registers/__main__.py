from dossier_local.registers.app import main

main()
