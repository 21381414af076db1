/** A text without regard to case and normal form, as the server compares texts. */
export const fold = (text: string) =>
  text.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC')
