package transform

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/parquet"
	pqfile "github.com/apache/arrow-go/v18/parquet/file"

	"fanlake/transform/tables"
)

// ReadFooter reads what a part says about itself, without its rows.
func ReadFooter(r parquet.ReaderAtSeeker) (f tables.Footer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("part: damaged: %v", p)
		}
	}()
	if err := checkMetadata(r); err != nil {
		return f, fmt.Errorf("part: damaged: %w", err)
	}
	pq, err := pqfile.NewParquetReader(r)
	if err != nil {
		return f, fmt.Errorf("part: %w", err)
	}
	defer pq.Close()
	text := pq.MetaData().KeyValueMetadata().FindValue(tables.FooterKey)
	if text == nil {
		return f, fmt.Errorf("part: no %q in its metadata: not written by fanlake", tables.FooterKey)
	}
	if err := json.Unmarshal([]byte(*text), &f); err != nil {
		return f, fmt.Errorf("part: footer: %w", err)
	}
	return f, nil
}

var errThrift = errors.New("its metadata has no end")

// checkMetadata follows the metadata at the end of a Parquet file, a struct in
// Thrift's compact protocol, without keeping any of it. The reader of arrow-go
// makes room for as many elements as a list claims to have: some twenty damaged
// bytes would take a gigabyte.
func checkMetadata(r parquet.ReaderAtSeeker) error {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	var tail [8]byte // length of the metadata, magic
	if size < int64(len(tail)) {
		return errThrift
	}
	if _, err := r.ReadAt(tail[:], size-int64(len(tail))); err != nil {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	if !bytes.Equal(tail[4:], []byte("PAR1")) || length > size-int64(len(tail)) {
		return errThrift
	}
	metadata := make([]byte, length)
	if _, err := r.ReadAt(metadata, size-int64(len(tail))-length); err != nil {
		return err
	}
	t := thrift{metadata}
	return t.skip(thriftStruct, maxThriftDepth)
}

// maxThriftDepth is twice as deep as the metadata of Parquet goes.
const maxThriftDepth = 16

// A thrift holds what is still to be read.
type thrift struct{ rest []byte }

// The types of Thrift's compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftStruct = 12
)

// skip passes over one value. A list has no more elements than bytes follow.
func (t *thrift) skip(kind byte, depth int) error {
	if depth == 0 {
		return errors.New("its metadata is too deep")
	}
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return t.pass(1)
	case thriftI16, thriftI32, thriftI64:
		_, err := t.varint()
		return err
	case thriftDouble:
		return t.pass(8)
	case thriftBinary:
		n, err := t.varint()
		if err != nil {
			return err
		}
		return t.pass(n)
	case thriftList, thriftSet:
		return t.skipList(depth)
	case thriftStruct:
		return t.skipStruct(depth)
	}
	return fmt.Errorf("its metadata has a value of type %d", kind)
}

func (t *thrift) skipList(depth int) error {
	head, err := t.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = t.varint(); err != nil {
			return err
		}
	}
	if n > uint64(len(t.rest)) {
		return fmt.Errorf("its metadata has a list of %d elements in %d bytes", n, len(t.rest))
	}
	for range n {
		if err := t.skip(head&15, depth-1); err != nil {
			return err
		}
	}
	return nil
}

func (t *thrift) skipStruct(depth int) error {
	for {
		head, err := t.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the field's number follows
			if _, err := t.varint(); err != nil {
				return err
			}
		}
		kind := head & 15
		if kind == thriftTrue || kind == thriftFalse {
			continue // the value is the type
		}
		if err := t.skip(kind, depth-1); err != nil {
			return err
		}
	}
}

func (t *thrift) byte() (byte, error) {
	if len(t.rest) == 0 {
		return 0, errThrift
	}
	b := t.rest[0]
	t.rest = t.rest[1:]
	return b, nil
}

func (t *thrift) varint() (uint64, error) {
	v, n := binary.Uvarint(t.rest)
	if n <= 0 {
		return 0, errThrift
	}
	t.rest = t.rest[n:]
	return v, nil
}

func (t *thrift) pass(n uint64) error {
	if n > uint64(len(t.rest)) {
		return errThrift
	}
	t.rest = t.rest[n:]
	return nil
}
